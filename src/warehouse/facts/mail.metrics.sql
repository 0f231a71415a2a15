-- Adds: mails by the day they were sent, with what came of them since, and for each rate the mails that it is of: a
--   vendor that does not count something is in no rate of it
-- Grain: none, rows are summed by origin and dimensions where they are read
-- Inputs: core.mail; touched(workspace, date), the days to compute
SELECT m.workspace, m.sent_date AS date, m.source, m.medium, m.campaign, m.name AS content,
    m.sent AS emails_sent,
    m.delivered AS emails_delivered,
    coalesce(m.delivered, m.sent) AS emails_arrived,
    CASE WHEN m.bounces IS NOT NULL THEN m.sent END AS emails_with_bounces,
    CASE WHEN m.unique_opens IS NOT NULL THEN coalesce(m.delivered, m.sent) END AS emails_with_opens,
    CASE WHEN m.human_unique_opens IS NOT NULL THEN coalesce(m.delivered, m.sent) END AS emails_with_human_opens,
    CASE WHEN m.unique_clicks IS NOT NULL THEN coalesce(m.delivered, m.sent) END AS emails_with_clicks,
    m.bounces AS email_bounces,
    m.unique_opens AS email_opens,
    m.human_unique_opens AS email_human_opens,
    m.unique_opens - m.human_unique_opens AS email_machine_opens,
    m.unique_clicks AS email_clicks,
    m.unsubscribes AS email_unsubscribes,
    m.complaints AS email_complaints
FROM core.mail AS m
SEMI JOIN touched AS t ON t.workspace = m.workspace AND t.date = m.sent_date
