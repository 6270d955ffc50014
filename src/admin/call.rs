//! Routes and calls: a path and a method lead to a function, whose types are also what the document says.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::bearer::Bearer;
use super::error::{ApiError, Result};
use super::{Admin, Answer};
use crate::accounts::{AccountId, TenantRecord};
use crate::storage::{Bucket, BucketName, PAGE_ENTRIES_MAX, TenantId};

/// Entries of a page where the request does not say.
const PAGE_ENTRIES: usize = 100;

/// What a request wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete].into_iter().find(|one| one.name() == text)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A type as the document shows it.
pub(super) struct Shape {
    pub name: Cow<'static, str>,
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

impl Shape {
    pub(super) fn of<T: ToSchema>() -> Self {
        let mut schemas = vec![(T::name().into_owned(), <T as PartialSchema>::schema())];
        T::schemas(&mut schemas);
        Self { name: T::name(), schemas }
    }
}

/// The values of a path's `{…}`.
pub(super) type Parameters = Vec<(&'static str, String)>;

type Run = Box<dyn Fn(Call, &[u8]) -> BoxFuture<'static, Result<Answer>> + Send + Sync>;

/// One thing that can be asked.
pub(super) struct Route {
    /// Names it in logs and in the document.
    pub name: &'static str,
    pub method: Method,
    /// Below [`super::PREFIX`]; `{name}` stands for one segment.
    pub path: &'static str,
    /// What the token needs; `None`: any token will do.
    pub scope: Option<&'static str>,
    pub summary: &'static str,
    /// Names and meanings of what the query may hold.
    pub query: Vec<(&'static str, &'static str)>,
    /// Status of a success.
    pub status: u16,
    pub takes: Option<Shape>,
    /// `None`: the document itself.
    pub gives: Option<Shape>,
    run: Option<Run>,
}

/// Begins a route; [`Route::gives`] or [`Route::takes`] completes it.
pub(super) fn route(
    name: &'static str,
    method: Method,
    path: &'static str,
    scope: &'static str,
    summary: &'static str,
) -> Route {
    let scope = (!scope.is_empty()).then_some(scope);
    let status = 200;
    Route { name, method, path, scope, summary, query: Vec::new(), status, takes: None, gives: None, run: None }
}

impl Route {
    /// A success makes something: 201.
    pub(super) fn created(self) -> Self {
        Self { status: 201, ..self }
    }

    pub(super) fn query(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.query.push((name, meaning));
        self
    }

    /// Answers in pages.
    pub(super) fn paged(self) -> Self {
        self.query("after", "Go on after this: `next` of the page before.")
            .query("limit", "Entries at most, 1 to 1000.")
    }

    /// Takes no body.
    pub(super) fn gives<O, F>(self, run: fn(Call) -> F) -> Self
    where
        O: Serialize + ToSchema,
        F: Future<Output = Result<O>> + Send + 'static,
    {
        let status = self.status;
        let run: Run = Box::new(move |call, body| match body {
            b"" => run(call).map(move |done| answer(status, &done?)).boxed(),
            _ => futures::future::ready(Err(ApiError::invalid("This request has no body."))).boxed(),
        });
        Self { gives: Some(Shape::of::<O>()), run: Some(run), ..self }
    }

    /// Takes a body; an empty one is `{}`.
    pub(super) fn takes<I, O, F>(self, run: fn(Call, I) -> F) -> Self
    where
        I: DeserializeOwned + ToSchema + Send + 'static,
        O: Serialize + ToSchema,
        F: Future<Output = Result<O>> + Send + 'static,
    {
        let status = self.status;
        let run: Run = Box::new(move |call, body| {
            let body = if body.is_empty() { b"{}" } else { body };
            match serde_json::from_slice::<I>(body) {
                Ok(input) => run(call, input).map(move |done| answer(status, &done?)).boxed(),
                Err(error) => futures::future::ready(Err(unreadable(&error))).boxed(),
            }
        });
        Self { takes: Some(Shape::of::<I>()), gives: Some(Shape::of::<O>()), run: Some(run), ..self }
    }

    pub(super) fn call(&self, call: Call, body: &[u8]) -> BoxFuture<'static, Result<Answer>> {
        match &self.run {
            Some(run) => run(call, body),
            None => {
                let document = super::openapi::document(&call.admin.routes);
                futures::future::ready(answer(self.status, &document)).boxed()
            }
        }
    }

    /// The values of `{…}`, if the path is this route's.
    fn matches(&self, path: &str) -> Option<Parameters> {
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        let mut values = Vec::new();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some(values),
                (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                    Some(name) => values.push((name, decoded(given).filter(|value| !value.is_empty())?)),
                    None if wanted == given => {}
                    None => return None,
                },
                _ => return None,
            }
        }
    }
}

fn answer(status: u16, value: &impl Serialize) -> Result<Answer> {
    let body = serde_json::to_vec(value).map_err(|e| ApiError::new(500, "internal", e.to_string(), ""))?;
    Ok(Answer { status, body, retry_after: None })
}

/// Where and why a body is not what is wanted. Serde quotes values only where their type is wrong, and a secret's type is
/// hardly ever; still no value is repeated.
fn unreadable(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let message = match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            let harmless = ["missing field", "unknown field", "duplicate field"].iter().any(|it| text.starts_with(it));
            if harmless { text } else { format!("a value has a wrong type at line {line} column {column}") }
        }
        _ => format!("the body is no JSON object at line {line} column {column}"),
    };
    let hint = format!("{}/openapi.json says what each request takes.", super::PREFIX);
    ApiError::new(400, "unreadable", message, hint)
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

/// Why no route was found.
pub(super) enum NotFound {
    Path,
    Method(Vec<&'static str>),
}

impl NotFound {
    pub(super) fn error(self, path: &str) -> ApiError {
        match self {
            Self::Path => ApiError::no_route(path),
            Self::Method(allowed) => {
                let hint = format!("It takes {}.", allowed.join(", "));
                ApiError::new(405, "no_method", format!("{path} does not take this method."), hint)
            }
        }
    }
}

/// The route of a path below the prefix, and the values of its `{…}`.
pub(super) fn find<'r>(
    routes: &'r [Route],
    method: Option<Method>,
    path: &str,
) -> std::result::Result<(&'r Route, Parameters), NotFound> {
    let mut allowed = Vec::new();
    for route in routes {
        if let Some(values) = route.matches(path) {
            if Some(route.method) == method {
                return Ok((route, values));
            }
            allowed.push(route.method.name());
        }
    }
    Err(if allowed.is_empty() { NotFound::Path } else { NotFound::Method(allowed) })
}

/// 64 hexadecimal digits.
fn canonical(text: &str) -> Option<TenantId> {
    HEXLOWER.decode(text.as_bytes()).ok().and_then(|id| TenantId::from_slice(&id))
}

/// A request on its way to its function.
pub(super) struct Call {
    pub admin: Arc<Admin>,
    pub bearer: Arc<Bearer>,
    parameters: Parameters,
    query: Vec<(String, String)>,
}

impl Call {
    pub(super) fn new(admin: Arc<Admin>, bearer: Arc<Bearer>, parameters: Parameters, query: &str) -> Result<Self> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        });
        let pairs: Option<Vec<_>> = pairs.collect();
        let query = pairs.ok_or_else(|| ApiError::invalid("The query is not percent-encoded UTF-8."))?;
        Ok(Self { admin, bearer, parameters, query })
    }

    /// The value of a `{…}` of the path.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(one, _)| *one == name).map_or("", |(_, value)| value)
    }

    /// A value of the query; an empty one is none.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(one, value)| one == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Entries that a page may have.
    pub(super) fn limit(&self) -> Result<usize> {
        match self.query("limit").map(str::parse) {
            None => Ok(PAGE_ENTRIES),
            Some(Ok(limit)) if (1..=PAGE_ENTRIES_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(ApiError::invalid(format!("limit is 1 to {PAGE_ENTRIES_MAX}."))),
        }
    }

    /// The tenant of the path.
    pub(super) async fn tenant(&self) -> Result<TenantRecord> {
        self.tenant_called(self.parameter("tenant")).await
    }

    /// A tenant by its name, its canonical id or its account number.
    pub(super) async fn tenant_called(&self, name: &str) -> Result<TenantRecord> {
        let accounts = &self.admin.accounts;
        if let Some(tenant) = accounts.tenant_named(name).await? {
            return Ok(tenant);
        }
        let found = match (canonical(name), AccountId::parse(name)) {
            (Some(id), _) => accounts.tenant(id).await?,
            (None, Some(account)) => accounts.tenant_with_account(account).await?,
            (None, None) => None,
        };
        found.ok_or_else(|| ApiError::missing("tenant", name))
    }

    /// The canonical id of a tenant that may be gone by now.
    pub(super) async fn tenant_id_called(&self, name: &str) -> Result<TenantId> {
        match canonical(name) {
            Some(id) => Ok(id),
            None => Ok(self.tenant_called(name).await?.tenant_id()),
        }
    }

    /// The bucket of the path.
    pub(super) async fn bucket(&self) -> Result<Bucket> {
        let name = self.parameter("bucket");
        let found = match BucketName::existing(name) {
            Some(name) => self.admin.storage.metadata.bucket(&name).await?,
            None => None,
        };
        found.ok_or_else(|| ApiError::missing("bucket", name))
    }
}
