//! Microsoft Teams: a channel's workflow "Post to a channel when a webhook request is received".
//!
//! A workflow takes adaptive cards and no files, answers 202 and posts afterwards:
//! <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook>.

use super::channel::{Channel, ChannelKind, Destination, Starter, accepted};
use super::hook::{Answer, Hook};
use super::http::DEFAULT_DELAY;
use super::{Accepted, BuildError, DeliveryError, DeliveryResult, ProbeResult, channel_folder};
use crate::settings::kinds::secret_ref;
use crate::settings::reader::Section;
use crate::settings::{ReadContext, SecretPlace};
use crate::support::secret::SecretRef;
use futures_util::future::BoxFuture;
use reqwest::{Client, Url};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

pub const KIND: ChannelKind = ChannelKind {
    id: "teams",
    noun: "Teams channel",
    about: "A Microsoft Teams channel.",
    about_all: "Microsoft Teams channels, under names that recipients refer to.",
    about_list: "Teams channels by name alone: teams = [\"board\"] is channels = [\"teams:board\"].",
    read,
    starter: Starter {
        kind: "workflow",
        key: "url",
        secret: "the address of your Teams channel's workflow \"Post to a channel when a webhook request is received\"",
    },
};

/// The beginning of a refusal that older addresses word inside a 200:
/// "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 …".
const INNER: &str = "Microsoft Teams endpoint returned HTTP error ";

/// A Teams channel as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Workflow {
    /// The URL is itself the secret.
    pub url: SecretRef,
}

impl Destination for Workflow {
    fn doubt(&self, config_dir: &Path) -> Option<(&'static str, &'static str)> {
        let secret = self.url.resolve(config_dir).ok()?;
        is_of_connector(&Url::parse(secret.expose()).ok()?).then_some((
            "is the address of an Office 365 connector, which Microsoft has retired",
            "create the channel's workflow \"Post to a channel when a webhook request is received\", and put its address \
             where the secret is kept",
        ))
    }

    fn build(&self, name: &str, config_dir: &Path, client: &Client) -> Result<Box<dyn Channel>, BuildError> {
        let what = format!("the Teams channel {name:?}");
        let hook = Hook::new(what, "the workflow", &self.url.resolve(config_dir)?, client.clone())?;
        Ok(Box::new(WorkflowHook { name: name.to_owned(), hook }))
    }
}

#[derive(Clone, Copy)]
enum Way {
    Workflow,
    Folder,
}

fn read(mut section: Section<'_>, name: &str, context: &ReadContext<'_>) -> Option<Arc<dyn Destination>> {
    let kinds = [("workflow", Way::Workflow), ("folder", Way::Folder)];
    let about = "The channel's workflow for webhook requests, or a folder to look at.";
    let kind = section.choice("kind", "\"workflow\" or \"folder\"", about, &kinds)?;
    let destination = match kind.value {
        Way::Workflow => read_workflow(&mut section, name, context),
        Way::Folder => channel_folder::read(&mut section, "\"outgoing/teams\"", context),
    };
    section.finish();
    destination
}

fn read_workflow(section: &mut Section<'_>, name: &str, context: &ReadContext<'_>) -> Option<Arc<dyn Destination>> {
    let about = "The address that the workflow gives, which is itself a secret.";
    let url = section.required("url", "{ env = \"DAYBOOK_TEAMS_BOARD\" }", secret_ref().about(about))?;
    context.secrets.add(SecretPlace::new(section, url.line, &KIND.owner(name), &url.value));
    Some(Arc::new(Workflow { url: url.value }))
}

/// A channel's workflow.
#[derive(Debug)]
struct WorkflowHook {
    name: String,
    hook: Hook,
}

impl Channel for WorkflowHook {
    fn post<'a>(&'a self, _message_id: &'a str, payload: &'a [u8]) -> BoxFuture<'a, DeliveryResult> {
        Box::pin(async move {
            match self.hook.post(payload.to_vec()).await {
                Ok(answer) => judge(&answer).into(),
                Err(error) => Err(error).into(),
            }
        })
    }

    fn try_out(&self) -> BoxFuture<'_, Option<ProbeResult>> {
        let why = "a workflow cannot be tried without a card in its channel".to_owned();
        let remedy = format!("post one: daybook send-test --channel teams:{}", self.name);
        Box::pin(async { Some(ProbeResult::Never(why, remedy)) })
    }
}

fn judge(answer: &Answer) -> Result<Accepted, DeliveryError> {
    let Answer { status, retry_after, body } = answer;
    let (inner, retry_after) = (inner_status(body), *retry_after);
    let status = inner.unwrap_or(*status);
    let code = code(body).unwrap_or_default();
    let reason = format!("the workflow answered {status} {code}").trim_end().to_owned();
    match status {
        // The workflow posts after its answer; only its run history shows whether it did.
        202 => Ok(accepted("202, the workflow was started")),
        200 if ["", "1"].contains(&body.as_str()) => Ok(accepted("200")),
        // Some proxy may have answered, or the workflow may do something else.
        200..=299 => Err(DeliveryError::Unknown { reason: format!("{reason} with an unexpected body") }),
        413 => Err(DeliveryError::TooLarge { reason, most_bytes: None }),
        429 => Err(DeliveryError::Unavailable { reason, retry_after: Some(retry_after.unwrap_or(DEFAULT_DELAY)) }),
        408 => Err(DeliveryError::Temporary { reason, retry_after }),
        503 if retry_after.is_some() => Err(DeliveryError::Unavailable { reason, retry_after }),
        // Nothing says that such a message was not posted.
        500..=599 => Err(DeliveryError::Unknown { reason }),
        // The workflow was removed or turned off, its address changed, or its signature is of another one.
        300..=399 | 401 | 403 | 404 | 410 => Err(DeliveryError::Misconfigured { reason }),
        400 if code.contains("NotEnabled") || code.contains("NotFound") => Err(DeliveryError::Misconfigured { reason }),
        _ => Err(DeliveryError::Permanent { reason }),
    }
}

/// Whether the address is of the connectors that came before workflows:
/// <https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/>.
fn is_of_connector(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host.ends_with(".webhook.office.com") || ["outlook.office.com", "outlook.office365.com"].contains(&host)
    })
}

/// The status inside a 200 of an address that says so in words.
fn inner_status(body: &str) -> Option<u16> {
    let (_, rest) = body.split_once(INNER)?;
    rest.get(..3)?.parse().ok()
}

/// The word of `{"error":{"code":"WorkflowTriggerIsNotEnabled",…}}`; nothing else of a body is repeated.
fn code(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let code = body["error"]["code"].as_str()?;
    let is_word = code.len() <= 100 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Disposition;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.to_owned() }
    }

    // EvotecIT/PSTeams#53: a refusal may be worded inside a good answer.
    #[test]
    fn a_refusal_inside_a_good_answer_is_one() {
        let body = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with \
                    ContextId tcid=0,server=msgapi";
        let error = judge(&answer(200, body)).expect_err("too large");
        assert!(matches!(error, DeliveryError::TooLarge { .. }), "{error}");
        let error = judge(&answer(200, &body.replace("413", "429"))).expect_err("too many");
        assert!(matches!(error.disposition(), Disposition::Retry { after: Some(_) }), "{error}");
    }

    #[test]
    fn a_workflow_that_is_turned_off_is_for_the_operator() {
        for code in ["WorkflowTriggerIsNotEnabled", "WorkflowNotFound"] {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"hunter2"}}}}"#);
            let error = judge(&answer(400, &body)).expect_err("refused");
            assert_eq!(error.disposition(), Disposition::TellOperator, "{error}");
            assert!(error.to_string().contains(code) && !error.to_string().contains("hunter2"), "{error}");
        }
        let body = r#"{"error":{"code":"TriggerInputSchemaMismatch","message":"x"}}"#;
        assert_eq!(judge(&answer(400, body)).expect_err("refused").disposition(), Disposition::GiveUp);
    }

    #[test]
    fn an_address_of_a_retired_connector_is_told_from_that_of_a_workflow() {
        let is_retired = |url: &str| is_of_connector(&Url::parse(url).expect("an address"));
        assert!(is_retired("https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4"));
        assert!(is_retired("https://ACME.webhook.office.com:443/webhookb2/1"));
        assert!(is_retired("https://outlook.office.com/webhook/1@2/IncomingWebhook/3/4"));
        assert!(!is_retired("https://prod-01.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke"));
        assert!(!is_retired(
            "https://1.2.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/3"
        ));
        assert!(!is_retired("https://relay.example.com/acme.webhook.office.com"));
    }

    #[test]
    fn a_started_workflow_is_not_called_posted() {
        let accepted = judge(&answer(202, "")).expect("accepted");
        assert_eq!(accepted.response, "202, the workflow was started");
    }
}
