-- Claim: no fact is held twice
SELECT workspace, 'web_daily' AS fact, property_id || ' ' || date AS key, count(*) AS copies
FROM core.web_daily
GROUP BY workspace, property_id, date, source, medium, campaign, device, country
HAVING count(*) > 1
UNION ALL
SELECT workspace, 'page_daily', property_id || ' ' || date || ' ' || page, count(*)
FROM core.page_daily
GROUP BY workspace, property_id, date, page
HAVING count(*) > 1
UNION ALL
-- Files may name a campaign without its id, or no account.
SELECT workspace, 'ad_daily', concat_ws(' ', source, account_id, campaign_id, any_value(campaign_name), date), count(*)
FROM core.ad_daily
GROUP BY workspace, source, account_id, campaign_id, CASE WHEN campaign_id = '' THEN campaign_name ELSE '' END,
    ad_group_id, ad_id, device, country, date
HAVING count(*) > 1
UNION ALL
-- Of two connections too: one that was renamed leaves its rows.
SELECT workspace, 'offline_conversion', conversion_id, count(*)
FROM core.offline_conversion
GROUP BY workspace, conversion_id
HAVING count(*) > 1
UNION ALL
SELECT workspace, 'payment', payment_id, count(*)
FROM core.payment
GROUP BY workspace, connection, payment_id
HAVING count(*) > 1
UNION ALL
SELECT workspace, 'contact', contact_id, count(*)
FROM core.contact
GROUP BY workspace, connection, contact_id
HAVING count(*) > 1
UNION ALL
SELECT workspace, 'dispute_movement', movement_id, count(*)
FROM core.dispute_movement
GROUP BY workspace, connection, movement_id
HAVING count(*) > 1
