-- Relation: what a fact adds on the touched days
-- Grain: workspace, date, channel, source, campaign, the hour and the dimensions of the fact
-- Inputs: the contribution of the fact; touched(workspace, date), the days to compute; the macro channel
-- Owner: marketing analytics
-- Late data: an origin that the query does not know, as where a join finds nothing, is told as unknown, and its figures
--   count; words of vendors for no campaign are none
SELECT CAST(workspace AS VARCHAR) AS workspace, CAST(date AS DATE) AS date,
    CAST(channel(coalesce(source, '(unknown)'), coalesce(medium, '(unknown)'), coalesce(campaign, '')) AS VARCHAR) AS channel,
    CAST(coalesce(source, '(unknown)') AS VARCHAR) AS source,
    CAST(CASE WHEN campaign IS NULL OR campaign IN ('(not set)', '(none)', '(direct)', '(organic)', '(referral)')
        THEN '' ELSE campaign END AS VARCHAR) AS campaign
    {apart}{sums}
FROM (
{query}
)
SEMI JOIN touched USING (workspace, date)
GROUP BY ALL
