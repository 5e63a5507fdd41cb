//! Templates in their table.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use talon_domain::{
    ids::{FacilityId, ResourceId, ResourceKey, TemplateId},
    schedule::Template,
};
use talon_store::{read_template, template_body};

use crate::columns::{code, guid};

/// Adds a template, or replaces the one of its guid, and notes which resource it leaves.
pub(crate) fn put(connection: &Connection, template: &Template) -> Result<()> {
    let body = template_body(template).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO template_moved (facility, template, resource) \
             SELECT facility, template, resource FROM template WHERE facility = ?1 AND template = ?2 AND resource <> ?3",
        )?
        .execute(params![
            template.resource.facility.bytes(),
            template.id.bytes(),
            template.resource.resource.bytes()
        ])?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO template (facility, template, resource, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            template.resource.facility.bytes(),
            template.id.bytes(),
            template.resource.resource.bytes(),
            body
        ])
        .map(drop)
}

/// What is stored under a template's guid.
pub(crate) fn find(connection: &Connection, template: &Template) -> Result<Option<Template>> {
    connection
        .prepare_cached(
            "SELECT facility, template, resource, body FROM template WHERE facility = ?1 AND template = ?2",
        )?
        .query_row(params![template.resource.facility.bytes(), template.id.bytes()], read)
        .optional()
}

/// The columns that [`read`] expects.
pub(crate) const COLUMNS: &str = "facility, template, resource, body";

pub(crate) fn read(row: &Row<'_>) -> Result<Template> {
    let resource = ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 2, ResourceId)? };
    let id = guid!(row, 1, TemplateId)?;
    code(row, 3, |text| read_template(resource, id, text))
}
