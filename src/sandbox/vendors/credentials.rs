//! What opens the sandbox.

/// The sandbox's own service account; its key opens nothing else.
pub const SERVICE_ACCOUNT_KEY: &str = include_str!("service_account.json");

/// The secrets a tenant's connections need; they open nothing but the sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Credentials {
    pub developer_token: &'static str,
    pub client_id: &'static str,
    pub client_secret: &'static str,
    pub refresh_token: &'static str,
    pub search_console_refresh_token: &'static str,
    pub service_account_key: &'static str,
    pub stripe_key: &'static str,
    pub hubspot_token: &'static str,
    pub meta_token: &'static str,
    pub microsoft_developer_token: &'static str,
    pub microsoft_client_id: &'static str,
    pub microsoft_client_secret: &'static str,
    pub microsoft_refresh_token: &'static str,
    pub linkedin_client_id: &'static str,
    pub linkedin_client_secret: &'static str,
    pub linkedin_refresh_token: &'static str,
    pub linkedin_access_token: &'static str,
    pub tiktok_app_id: &'static str,
    pub tiktok_app_secret: &'static str,
    pub tiktok_token: &'static str,
}

impl Credentials {
    /// The only ones there are.
    pub fn of_sandbox() -> Self {
        Self {
            developer_token: "sandbox-developer-token",
            client_id: "sandbox-client-id",
            client_secret: "sandbox-client-secret",
            refresh_token: "sandbox-refresh-token",
            search_console_refresh_token: "sandbox-search-console-refresh-token",
            service_account_key: SERVICE_ACCOUNT_KEY,
            stripe_key: "rk_sandbox_key",
            hubspot_token: "pat-sandbox-token",
            meta_token: "EAAB-sandbox-token",
            microsoft_developer_token: "012SANDBOX345678",
            microsoft_client_id: "sandbox-microsoft-client-id",
            microsoft_client_secret: "sandbox-microsoft-client-secret",
            microsoft_refresh_token: "M.C105_sandbox-refresh-token",
            linkedin_client_id: "sandbox-linkedin-client",
            linkedin_client_secret: "sandbox-linkedin-secret",
            linkedin_refresh_token: "AQW-sandbox-refresh-token",
            linkedin_access_token: "AQX-sandbox-token",
            tiktok_app_id: "7000000000000000001",
            tiktok_app_secret: "sandbox-tiktok-secret",
            tiktok_token: "sandbox-tiktok-token",
        }
    }
}
