//! What has to hold of every input, whoever sends it: the targets that `fuzz/` gives to libFuzzer. A share of the same
//! runs with the unit tests. Checks of what is private stand beside it, in files named `fuzzing.rs`.

mod checksums;
mod conditions;
mod input;
mod policies;
mod routing;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use input::{Dice, Input, header_value};

use crate::http::fuzzing as http;
use crate::iam::fuzzing as iam;
use crate::s3::auth::fuzzing as auth;
use crate::s3::form::fuzzing as form;
use crate::s3::xml::fuzzing as xml;

/// Something that takes what anybody may send.
pub struct Target {
    /// The name of its file in `fuzz/fuzz_targets/` and of the folder of its seeds.
    pub name: &'static str,
    /// Panics when something does not hold.
    pub check: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "any_signature", check: auth::any_signature },
    Target { name: "aws_chunked", check: auth::aws_chunked },
    Target { name: "changed_request", check: auth::changed_request },
    Target { name: "checksums", check: checksums::check },
    Target { name: "conditions", check: conditions::check },
    Target { name: "form", check: form::form },
    Target { name: "form_policy", check: form::policy },
    Target { name: "http_requests", check: http::requests },
    Target { name: "iam_queries", check: iam::queries },
    Target { name: "policies", check: policies::check },
    Target { name: "proxy_header", check: http::proxy_header },
    Target { name: "right_signature", check: auth::right_signature },
    Target { name: "routing", check: routing::check },
    Target { name: "tokens", check: tokens::check },
    Target { name: "xml", check: xml::documents },
];

/// Puts an input to the target of this name.
pub fn check(target: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|known| known.name == target).expect("a target of this name is in the table");
    (target.check)(input);
}

thread_local! {
    /// Making one for each input would take longer than the work it does.
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
}

/// Runs what is asynchronous to its end.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(work))
}
