//! I22: the answer is byte-exact, also under races.

use serde_json::Value;
use talon_testkit::Answer;

/// The body of 4009 as the document and the contract give it. All but the times that are free at
/// the moment and the request's own id is fixed.
#[track_caller]
pub(crate) fn assert_time_taken(answer: &Answer) {
    let json = answer.json();
    let times = json["Alternatives"].as_array().expect("a refusal for the slot has alternatives");
    assert!(times.len() <= 3, "more than three alternatives: {json}");
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let times: Vec<[String; 3]> =
        times.iter().map(|time| ["resource_id", "day", "time"].map(|key| text(time, key))).collect();
    let times: Vec<(&str, &str, &str)> =
        times.iter().map(|[resource, day, time]| (resource.as_str(), day.as_str(), time.as_str())).collect();
    assert_time_taken_with(answer, &times);
}

/// The same with exactly these times: resource, day, time.
#[track_caller]
pub(crate) fn assert_time_taken_with(answer: &Answer, times: &[(&str, &str, &str)]) {
    let trace = answer.json()["Trace_id"].as_str().unwrap_or_default().to_owned();
    let times: Vec<String> = times
        .iter()
        .map(|(resource, day, time)| format!(r#"{{"resource_id":"{resource}","day":"{day}","time":"{time}"}}"#))
        .collect();
    let expected = format!(
        r#"{{"Code":400,"Message":"Это время уже занято. Выберите другое свободное время приема.","Message_code":"4009","Reason":"time-taken","Alternatives":[{}],"Trace_id":"{trace}"}}"#,
        times.join(",")
    );
    assert_eq!(String::from_utf8_lossy(&answer.body), expected);
    assert_eq!(answer.status, 400);
    assert_eq!(answer.headers["x-request-id"].to_str().unwrap(), trace);
    assert_eq!(trace.len(), 36, "a trace id is a guid: {trace}");
}
