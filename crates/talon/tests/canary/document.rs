//! The operations of the OpenAPI document: what each can be told, and where.

use serde_json::Value;

/// Something that an operation takes by name.
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) is_required: bool,
}

/// What a body is made of.
pub(crate) enum Content {
    None,
    Json(Vec<Parameter>),
    Form(Vec<Parameter>),
}

/// An operation.
pub(crate) struct Operation {
    pub(crate) method: String,
    /// With names in braces.
    pub(crate) path: String,
    /// What may stand before the path.
    pub(crate) bases: Vec<String>,
    pub(crate) query: Vec<Parameter>,
    pub(crate) content: Content,
    /// Whether it is for a client application.
    pub(crate) is_for_clients: bool,
}

impl Operation {
    /// As failures name it.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// All of them.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/contract/iemk/openapi.json")).unwrap();
    let known = talon_iemk::operations();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(key, _)| *key != "servers") {
            let method = method.to_uppercase();
            let route = known.iter().find(|route| route.path == path && route.method.as_str() == method);
            let route = route.unwrap_or_else(|| panic!("{method} {path} is no route"));
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let query = parameters.filter(|it| it["in"] == "query").map(|it| Parameter {
                name: it["name"].as_str().unwrap().to_owned(),
                is_required: it["required"] == true,
            });
            operations.push(Operation {
                path: path.clone(),
                bases: route.bases.clone(),
                query: query.collect(),
                content: content(&document, operation),
                is_for_clients: route.caller == talon_iemk::Caller::Client,
                method,
            });
        }
    }
    operations
}

fn content(document: &Value, operation: &Value) -> Content {
    let content = &operation["requestBody"]["content"];
    let [json, form] = ["application/json", "application/x-www-form-urlencoded"].map(|kind| &content[kind]["schema"]);
    match (json.is_null(), form.is_null()) {
        (false, _) => Content::Json(properties(document, json)),
        (_, false) => Content::Form(properties(document, form)),
        _ => Content::None,
    }
}

fn properties(document: &Value, schema: &Value) -> Vec<Parameter> {
    let named = schema["$ref"].as_str().map(|reference| document.pointer(&reference[1..]).unwrap());
    let schema = named.unwrap_or(schema);
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = schema["properties"].as_object().unwrap().keys();
    names.map(|name| Parameter { name: name.clone(), is_required: required.iter().any(|it| it == name) }).collect()
}
