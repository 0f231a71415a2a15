-- GMV Max campaigns whose report was not read: their cost is in no figure.
WITH campaign AS (
    SELECT unnest(from_json(body, '{"data": {"list": [{"campaign_id": "VARCHAR"}]}}').data.list).campaign_id AS id
    FROM page
    WHERE part = 'gmv_max_campaigns'
)

SELECT 'TikTok without GMV Max campaigns (' || count(DISTINCT id) || ' found)' AS note
FROM campaign
WHERE NOT EXISTS (SELECT 1 FROM page WHERE part = 'gmv_max')
HAVING count(DISTINCT id) > 0
