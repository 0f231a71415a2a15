-- Table: core.ad_conversion_daily
-- Grain: account, campaign group, campaign, creative (none for rules), kind of conversion, day in UTC
-- Inputs: page, as for ad_daily. Conversions on the web site are told as a whole and after a click or a view; leads are
--   forms that were sent within LinkedIn, and no part of them. A kind that is not told has no row. Part `rules`, the same
--   by conversion rule; part `rule_names`, rules with their names.
-- Late data: as ad_daily
WITH answer AS (
    SELECT
        page_no,
        part,
        from_json(CASE WHEN json_type(body, '$.elements') = 'ARRAY' THEN body END, '{"elements": [{
            "pivotValues": ["VARCHAR"],
            "dateRange": {"start": {"year": "VARCHAR", "month": "VARCHAR", "day": "VARCHAR"}},
            "externalWebsiteConversions": "VARCHAR", "externalWebsitePostClickConversions": "VARCHAR",
            "externalWebsitePostViewConversions": "VARCHAR", "conversionValueInLocalCurrency": "VARCHAR", "oneClickLeads": "VARCHAR"
        }]}').elements AS elements
    FROM page
    WHERE part IN ('', 'results', 'rules')
),

element AS (
    SELECT page_no, part, unnest(elements) AS e, CAST(unnest(range(len(elements))) AS INTEGER) AS record_no FROM answer
),

placed AS (
    SELECT
        *,
        nullif(concat_ws('-', e.dateRange.start.year, lpad(e.dateRange.start.month, 2, '0'), lpad(e.dateRange.start.day, 2, '0')), '') AS day,
        array_to_string(e.pivotValues, ' ') AS urns
    FROM element
),

kinds AS (
    SELECT
        page_no,
        record_no,
        day,
        nullif(regexp_extract(urns, 'urn:li:sponsoredCampaignGroup:([0-9]+)', 1), '') AS group_id,
        regexp_extract(urns, 'urn:li:sponsoredCampaign:([0-9]+)', 1) AS linkedin_campaign_id,
        regexp_extract(urns, 'urn:li:sponsoredCreative:([0-9]+)', 1) AS creative_id,
        unnest([
            {'kind': 'website', 'part_of': '', 'field': 'externalWebsiteConversions', 'count': e.externalWebsiteConversions, 'value': e.conversionValueInLocalCurrency},
            {'kind': 'website_post_click', 'part_of': 'website', 'field': 'externalWebsitePostClickConversions', 'count': e.externalWebsitePostClickConversions, 'value': NULL},
            {'kind': 'website_post_view', 'part_of': 'website', 'field': 'externalWebsitePostViewConversions', 'count': e.externalWebsitePostViewConversions, 'value': NULL},
            {'kind': 'lead', 'part_of': '', 'field': 'oneClickLeads', 'count': e.oneClickLeads, 'value': NULL}
        ]) AS k
    FROM placed
    WHERE part <> 'rules'
),

rule_names AS (
    SELECT r.id AS id, any_value(nullif(lower(trim(r.name)), '')) AS name
    FROM (
        SELECT unnest(from_json(body, '{"elements": [{"id": "VARCHAR", "name": "VARCHAR"}]}').elements) AS r
        FROM page
        WHERE part = 'rule_names'
    )
    GROUP BY r.id
),

-- Rules of one name are told apart by their ids.
rule_of AS (
    SELECT id, CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || id || ')' ELSE name END AS name
    FROM rule_names
),

by_rule AS (
    SELECT p.* EXCLUDE (part), coalesce(r.name, nullif(p.rule_id, ''), 'unknown') AS rule
    FROM (SELECT *, regexp_extract(urns, 'llaPartnerConversion:([0-9]+)', 1) AS rule_id FROM placed WHERE part = 'rules') AS p
    LEFT JOIN rule_of AS r ON r.id = p.rule_id
),

all_kinds AS (
    SELECT * FROM kinds
    UNION ALL BY NAME
    SELECT
        page_no,
        record_no,
        day,
        nullif(regexp_extract(urns, 'urn:li:sponsoredCampaignGroup:([0-9]+)', 1), '') AS group_id,
        regexp_extract(urns, 'urn:li:sponsoredCampaign:([0-9]+)', 1) AS linkedin_campaign_id,
        '' AS creative_id,
        {'kind': 'rule ' || rule, 'part_of': 'website', 'field': 'externalWebsiteConversions', 'count': e.externalWebsiteConversions, 'value': e.conversionValueInLocalCurrency} AS k
    FROM by_rule
),

groups AS (
    SELECT g.id AS id, any_value(nullif(g.name, '')) AS name
    FROM (
        SELECT unnest(from_json(body, '{"elements": [{"id": "VARCHAR", "name": "VARCHAR"}]}').elements) AS g
        FROM page
        WHERE part = 'groups'
    )
    GROUP BY g.id
),

placed_in_groups AS (
    SELECT n.*, g.name, coalesce(group_id, nullif(linkedin_campaign_id, ''), nullif(creative_id, '')) AS campaign_id
    FROM all_kinds AS n
    LEFT JOIN groups AS g ON g.id = n.group_id
    WHERE k.count IS NOT NULL
)

SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    coalesce(name, campaign_id) AS campaign_name,
    coalesce(linkedin_campaign_id, '') AS ad_group_id,
    coalesce(creative_id, '') AS ad_id,
    k.kind AS kind,
    k.part_of AS part_of,
    TRY_CAST(day AS DATE) AS date,
    'linkedin' AS source,
    'paid_social' AS medium,
    coalesce((SELECT max(upper(body ->> '$.currency')) FROM page WHERE part = 'account'), getvariable('currency')) AS currency,
    amount_or_zero(k.count) AS conversions,
    TRY_CAST(k.value AS DECIMAL(18, 6)) AS conversion_value,
    page_no,
    record_no,
    problems([
        required('pivotValues', campaign_id),
        required('dateRange.start', day),
        bad_date('dateRange.start', day),
        bad_decimal(k.field, k.count),
        bad_decimal('conversionValueInLocalCurrency', k.value)
    ]) AS problem
FROM placed_in_groups
