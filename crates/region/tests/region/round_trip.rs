//! Record, line, record: nothing is lost.

mod audit;
mod records;

use proptest::prelude::*;
use talon_domain::zone::Zone;
use talon_region::{Line, export, parse_line, write_line};
use talon_store::{ANY_PLACE, ClientSecret, Record};

use crate::common::*;
use records::{any_instant, any_record, any_text};

fn written(line: &Line) -> String {
    let mut out = Vec::new();
    write_line(line, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_record_comes_back_from_its_line(
        record in any_record(),
        secret in proptest::option::of("\\$argon2id\\$[a-zA-Z0-9,=$+/]{1,90}"),
        zone in proptest::option::of(prop::sample::select(vec!["Europe/Berlin", "Europe/Moscow", "Asia/Kathmandu"])),
    ) {
        let zone = zone.map(|name| Zone::parse(name).unwrap());
        let client = match &record {
            Record::Client(client) => Some(client.id),
            _ => None,
        };
        let secret = client.zip(secret).map(|(client, hash)| ClientSecret { client, hash });
        let line = Line::of(record.clone(), zone.as_ref()).unwrap().with_secret(secret.clone());
        let text = written(&line);
        let start = format!(r#"{{"type":"{}","#, talon_region::type_of(line.kind()));
        prop_assert!(text.starts_with(&start) && text.ends_with("}\n") && text.lines().count() == 1, "{}", text);
        let back = parse_line(text.trim_end());
        prop_assert_eq!(back.as_ref(), Ok(&line), "{}", text);
        let records = back.unwrap().into_records(zone.as_ref());
        let expected: Vec<Record> = std::iter::once(record).chain(secret.map(Record::ClientSecret)).collect();
        prop_assert_eq!(records, Some(expected));
    }

    #[test]
    fn any_text_that_a_line_may_have_comes_back(name in any_text()) {
        let line = Line::of(Record::Specialty(records::specialty_named(name)), None).unwrap();
        prop_assert_eq!(parse_line(written(&line).trim_end()), Ok(line));
    }

    #[test]
    fn an_instant_is_written_by_local_time_wherever_that_names_it(instant in any_instant()) {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let moment = talon_region::Moment::of(instant, &berlin);
        prop_assert_eq!(moment.instant(&berlin), Some(instant));
    }
}

#[tokio::test]
async fn an_installation_moves_from_store_to_store_without_loss() {
    let store = FakeStore::default();
    let mut lines = base();
    lines.push(with(facility(100), "zone", "Europe/Berlin".into()));
    lines.extend((1000..1010).map(person));
    lines.extend((1000..1010).map(|number| card(number, number)));
    lines.extend((1000..1010).map(|number| referral(number, number)));
    lines.extend((0..10).map(|number| slot(2000 + number, &format!("2026-10-25T{:02}:00", number))));
    lines.extend((0..10).map(|number| entry(3000 + number, 2000 + number, 1000 + number)));
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA";
    lines.extend([template(7), with(client(8), "secret_hash", hash.into()), client(9)]);
    let report = load(&store, text(&lines), false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    // As a store would: every entry has a place.
    for record in store.all() {
        if let Record::Entry(mut entry) = record {
            assert_eq!(entry.place, ANY_PLACE);
            entry.place = 1;
            store.put(Record::Entry(entry));
        }
    }

    let (mut first, mut second) = (Vec::new(), Vec::new());
    let written = export(&store, &mut first).await.unwrap();
    assert_eq!(written, lines.len() as u64);
    let other = FakeStore::default();
    let report = load(&other, first.clone(), false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    assert_eq!(other.all(), store.all());
    export(&other, &mut second).await.unwrap();
    assert_eq!(first, second);
}
