//! What a person looks at before a report goes out: the Slack message as Slack would show it, and a
//! page that lays every format side by side. Tools for admins, so their own templates are not replaceable.

mod index;
mod mrkdwn;
mod slack;

pub use index::{Format, Index, Remark, Sheet, index};
pub use slack::slack;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

/// A page of this folder. Its texts are escaped but for what [`mrkdwn::html`] has made.
fn page(name: &'static str, source: &'static str, context: impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template(name, source)?;
    environment.get_template(name)?.render(Value::from(Serde(context)))
}
