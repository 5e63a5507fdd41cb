//! What every method that only reads does before its use case: the limit, then what is asked for.

use talon_app::{App, ReadRecord};
use talon_domain::audit::Action;
use talon_tokens::Identity;

use crate::{
    answer::Problem,
    call::Call,
    failure::failed,
    methods::book::admitted,
    shape::{FieldFault, Parameters},
};

/// Lets the caller in and reads what the request asks for. A refusal by its shape is recorded first:
/// without the record there is no answer. The use case records the rest.
pub(crate) async fn asked<T>(
    app: &App,
    call: &mut Call,
    identity: &Identity,
    action: Action,
    read: fn(Parameters) -> Result<T, Vec<FieldFault>>,
) -> Result<T, Box<Problem>> {
    admitted(app, call, identity)?;
    let errors = match read(Parameters::of(call)) {
        Ok(asked) => return Ok(asked),
        Err(errors) => errors,
    };
    let refused = Problem::validation(errors);
    let record = ReadRecord::of(action, refused.reason);
    app.record_read(identity, call.request, record).await.map_err(|failure| failed(&failure, call.request.id))?;
    Err(Box::new(refused))
}
