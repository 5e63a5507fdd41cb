//! As much of JSON Schema as the document's own schemas use.

use serde_json::Value;

/// What in a value is not as its schema has it, each with its place.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.strip_prefix('#')) {
        return faults(document, document.pointer(name).unwrap(), value, place);
    }
    let mut found = Vec::new();
    if let Some(choices) = schema["anyOf"].as_array() {
        let each = choices.iter().map(|choice| faults(document, choice, value, place));
        return each.min_by_key(Vec::len).unwrap_or_default();
    }
    let types = schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |types| types.iter().collect());
    let fits = |named: &Value| match named.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        other => panic!("{place}: the check does not know the type {other:?}"),
    };
    if !types.into_iter().any(fits) {
        found.push(format!("{place}: not a {}", schema["type"]));
        return found;
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        found.push(format!("{place}: {value} is not listed"));
    }
    if let (Some(most), Some(items)) = (schema["maxItems"].as_u64(), value.as_array())
        && items.len() as u64 > most
    {
        found.push(format!("{place}: more than {most}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(faults(document, &schema["items"], item, &format!("{place}/{index}")));
    }
    if let Some(object) = value.as_object() {
        assert_eq!(schema["additionalProperties"], false, "{place}: a model must be closed");
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                found.push(format!("{place}: {name} is missing"));
            }
        }
        for (name, item) in object {
            match schema["properties"].get(name) {
                Some(property) => found.extend(faults(document, property, item, &format!("{place}/{name}"))),
                None => found.push(format!("{place}: {name} is not listed")),
            }
        }
    }
    found
}
