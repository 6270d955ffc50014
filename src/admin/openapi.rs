//! The document that describes the interface, made of the table of routes.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Required, Schema,
};

use super::PREFIX;
use super::call::{Method, Route, Shape};
use super::types::ErrorAnswer;

const JSON: &str = "application/json";
const TOKEN: &str = "token";

/// The document of these routes.
pub(super) fn document(routes: &[Route]) -> OpenApi {
    let errors = Shape::of::<ErrorAnswer>();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = errors.schemas.iter().cloned().collect();
    let mut paths = PathsBuilder::new();
    let mut items: BTreeMap<String, PathItem> = BTreeMap::new();
    for route in routes {
        for shape in route.takes.iter().chain(&route.gives) {
            schemas.extend(shape.schemas.iter().cloned());
        }
        let item = PathItem::new(http_method(route.method), operation(route, &errors));
        let path = format!("{PREFIX}{}", route.path);
        match items.get_mut(&path) {
            Some(there) => there.merge_operations(item),
            None => {
                items.insert(path, item);
            }
        }
    }
    for (path, item) in items {
        paths = paths.path(path, item);
    }
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A token; each needs its scope."));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(TOKEN, SecurityScheme::Http(scheme.build()))
        .build();
    let info = InfoBuilder::new()
        .title("Dolium, for operators")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Tenants, keys, users, groups, buckets and the tokens of this interface."));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

fn http_method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

fn operation(route: &Route, errors: &Shape) -> OperationBuilder {
    let mut operation = OperationBuilder::new().operation_id(Some(route.name)).summary(Some(route.summary));
    let segments = route.path.split('/');
    for name in segments.filter_map(|one| one.strip_prefix('{')?.strip_suffix('}')) {
        operation = operation.parameter(parameter(name, ParameterIn::Path, Required::True, None));
    }
    for (name, meaning) in &route.query {
        operation = operation.parameter(parameter(name, ParameterIn::Query, Required::False, Some(meaning)));
    }
    if let Some(takes) = &route.takes {
        let content = ContentBuilder::new().schema(Some(reference(takes))).build();
        let body = RequestBodyBuilder::new().content(JSON, content).required(Some(Required::True)).build();
        operation = operation.request_body(Some(body));
    }
    let schema: RefOr<Schema> = match &route.gives {
        Some(gives) => RefOr::Ref(reference(gives)),
        None => ObjectBuilder::new().schema_type(Type::Object).into(),
    };
    let done = ResponseBuilder::new()
        .description(route.summary)
        .content(JSON, ContentBuilder::new().schema(Some(schema)).build());
    let refused = ContentBuilder::new().schema(Some(reference(errors))).build();
    let refused = ResponseBuilder::new().description("Refused, and what to do").content(JSON, refused);
    let scopes: Vec<&str> = route.scope.into_iter().collect();
    operation
        .response(route.status.to_string(), done)
        .response("default", refused)
        .security(SecurityRequirement::new(TOKEN, scopes))
}

fn parameter(name: &str, place: ParameterIn, required: Required, meaning: Option<&str>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(meaning)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
}

fn reference(shape: &Shape) -> Ref {
    Ref::from_schema_name(shape.name.as_ref())
}
