-- What is in no figure of a day.
SELECT DISTINCT 'Mailchimp lists mails of automations among its reports: they have no day, and are in no figure of one' AS note
FROM (
    SELECT unnest(from_json(body, '{"reports": [{"type": "VARCHAR"}]}').reports) AS r
    FROM page
    WHERE part IN ('', 'sub_reports')
)
WHERE r.type LIKE 'auto%'
