//! Templates in their table.

use talon_domain::{
    ids::{FacilityId, ResourceId, ResourceKey, TemplateId},
    schedule::Template,
};
use talon_store::{StoreError, read_template, template_body};
use tokio_postgres::Row;

use crate::{
    columns::{code, guid, guids},
    failure::Result,
    transaction::Tx,
};

/// The columns that [`read`] expects, of a table or alias `t`.
macro_rules! template_columns {
    () => {
        "t.facility, t.template, t.resource, t.body"
    };
}
pub(crate) use template_columns;

pub(crate) fn read(row: &Row) -> Result<Template> {
    let resource = ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 2, ResourceId)? };
    let id = guid!(row, 1, TemplateId)?;
    code(row, 3, |text| read_template(resource, id, text))
}

/// Adds templates, or replaces those of their guids, and notes which resources they leave. Each guid is given once.
pub(crate) async fn put(tx: &Tx, templates: &[&Template]) -> Result<()> {
    if templates.is_empty() {
        return Ok(());
    }
    let bodies: Vec<_> =
        templates.iter().map(|template| template_body(template)).collect::<std::result::Result<_, StoreError>>()?;
    let facilities = guids(templates, |template| template.resource.facility.0);
    let ids = guids(templates, |template| template.id.0);
    let resources = guids(templates, |template| template.resource.resource.0);
    tx.execute(
        "INSERT INTO template_moved (facility, template, resource) SELECT t.facility, t.template, t.resource \
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(facility, template, resource) \
         JOIN template t ON t.facility = q.facility AND t.template = q.template AND t.resource <> q.resource \
         ON CONFLICT DO NOTHING",
        params![facilities, ids, resources],
    )
    .await?;
    tx.execute(
        "INSERT INTO template (facility, template, resource, body) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) \
         ON CONFLICT (facility, template) DO UPDATE SET resource = excluded.resource, body = excluded.body \
         WHERE (template.resource, template.body) IS DISTINCT FROM (excluded.resource, excluded.body)",
        params![facilities, ids, resources, bodies],
    )
    .await
}

/// What is stored under a template's guid.
pub(crate) async fn find(tx: &Tx, template: &Template) -> Result<Option<Template>> {
    let rows = tx
        .query(
            concat!("SELECT ", template_columns!(), " FROM template t WHERE t.facility = $1 AND t.template = $2"),
            params![template.resource.facility.0, template.id.0],
        )
        .await?;
    rows.first().map(read).transpose()
}
