//! The requests of one vector, for somebody who debugs a shim by hand.

use super::judge::line_of;
use crate::{
    check::bytes::Outputs,
    protocol::{Line, Request, VERSION},
    vector::{File, Vector},
};

/// What a runner would send for this vector, line by line: bytes that came out of earlier steps are those of the vector.
///
/// # Errors
/// What is wrong with the vector.
pub fn lines_of(file: &File, vector: &Vector) -> Result<Vec<String>, String> {
    let mut requests = vec![Request::Hello { protocol: VERSION }];
    if vector.op.is_none() {
        requests.push(Request::Begin { people: file.people.clone() });
    }
    let mut outputs = Outputs::new();
    for step in vector.steps() {
        requests.push(Request::Step(line_of(&step, &outputs)?));
        outputs.insert(step.step, step.out.unwrap_or_default());
    }
    let line =
        |(id, request)| serde_json::to_string(&Line { id, request }).map_err(|error| error.to_string());
    (1u64..).zip(requests).map(line).collect()
}
