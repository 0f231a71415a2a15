-- Table: core.ad_geo_daily
-- Grain: account, campaign, country, region, day
-- Inputs: page, rows of UserLocationPerformanceReport: where people were. Countries come by name, regions have no ids
-- Late data: as ad_daily
WITH answer AS (
    SELECT page_no, from_json(body, '{"rows": [{
            "TimePeriod": "VARCHAR", "CurrencyCode": "VARCHAR", "CampaignId": "VARCHAR",
            "CampaignName": "VARCHAR", "Country": "VARCHAR", "State": "VARCHAR",
            "Impressions": "VARCHAR", "Clicks": "VARCHAR", "Spend": "VARCHAR",
            "ConversionsQualified": "VARCHAR", "Revenue": "VARCHAR"
        }]}').rows AS rows
    FROM page
),

record AS (
    SELECT page_no, unnest(rows) AS r, CAST(unnest(range(len(rows))) AS INTEGER) AS record_no FROM answer
),

judged AS (
    SELECT
        page_no,
        record_no,
        r.CampaignId AS campaign_id,
        coalesce(nullif(r.CampaignName, ''), r.CampaignId) AS campaign_name,
        coalesce(trim(r.Country), '') AS country_name,
        coalesce(trim(r.State), '') AS region,
        TRY_CAST(r.TimePeriod AS DATE) AS date,
        coalesce(nullif(upper(trim(r.CurrencyCode)), ''), getvariable('currency')) AS currency,
        whole_or_zero(ungrouped(r.Impressions)) AS impressions,
        whole_or_zero(ungrouped(r.Clicks)) AS clicks,
        amount_or_zero(ungrouped(r.Spend)) AS cost,
        amount_or_zero(ungrouped(r.ConversionsQualified)) AS conversions,
        amount_or_zero(ungrouped(r.Revenue)) AS conversion_value,
        problems([
            required('CampaignId', r.CampaignId),
            required('TimePeriod', r.TimePeriod),
            bad_date('TimePeriod', r.TimePeriod),
            required('Impressions', ungrouped(r.Impressions)),
            bad_whole('Impressions', ungrouped(r.Impressions)),
            required('Clicks', ungrouped(r.Clicks)),
            bad_whole('Clicks', ungrouped(r.Clicks)),
            required('Spend', ungrouped(r.Spend)),
            bad_decimal('Spend', ungrouped(r.Spend)),
            bad_decimal('ConversionsQualified', ungrouped(r.ConversionsQualified)),
            bad_decimal('Revenue', ungrouped(r.Revenue))
        ]) AS problem
    FROM record
),

-- ISO 3166-1, by the names that Microsoft writes. One that is not here keeps its name.
country (code, name) AS (
    VALUES
    ('AD', 'Andorra'), ('AE', 'United Arab Emirates'), ('AF', 'Afghanistan'), ('AG', 'Antigua and Barbuda'),
    ('AL', 'Albania'), ('AM', 'Armenia'), ('AO', 'Angola'), ('AR', 'Argentina'), ('AT', 'Austria'),
    ('AU', 'Australia'), ('AW', 'Aruba'), ('AZ', 'Azerbaijan'), ('BA', 'Bosnia and Herzegovina'),
    ('BB', 'Barbados'), ('BD', 'Bangladesh'), ('BE', 'Belgium'), ('BF', 'Burkina Faso'), ('BG', 'Bulgaria'),
    ('BH', 'Bahrain'), ('BI', 'Burundi'), ('BJ', 'Benin'), ('BM', 'Bermuda'), ('BN', 'Brunei'), ('BO', 'Bolivia'),
    ('BR', 'Brazil'), ('BS', 'Bahamas'), ('BS', 'The Bahamas'), ('BT', 'Bhutan'), ('BW', 'Botswana'),
    ('BY', 'Belarus'), ('BZ', 'Belize'), ('CA', 'Canada'), ('CD', 'Congo (DRC)'),
    ('CD', 'Democratic Republic of the Congo'), ('CG', 'Congo'), ('CF', 'Central African Republic'),
    ('CH', 'Switzerland'), ('CI', 'Côte d''Ivoire'), ('CI', 'Ivory Coast'), ('CL', 'Chile'), ('CM', 'Cameroon'),
    ('CN', 'China'), ('CO', 'Colombia'), ('CR', 'Costa Rica'), ('CU', 'Cuba'), ('CV', 'Cabo Verde'),
    ('CV', 'Cape Verde'), ('CW', 'Curaçao'), ('CY', 'Cyprus'), ('CZ', 'Czech Republic'), ('CZ', 'Czechia'),
    ('DE', 'Germany'), ('DJ', 'Djibouti'), ('DK', 'Denmark'), ('DM', 'Dominica'), ('DO', 'Dominican Republic'),
    ('DZ', 'Algeria'), ('EC', 'Ecuador'), ('EE', 'Estonia'), ('EG', 'Egypt'), ('ER', 'Eritrea'), ('ES', 'Spain'),
    ('ET', 'Ethiopia'), ('FI', 'Finland'), ('FJ', 'Fiji'), ('FR', 'France'), ('GA', 'Gabon'),
    ('GB', 'United Kingdom'), ('GD', 'Grenada'), ('GE', 'Georgia'), ('GF', 'French Guiana'), ('GG', 'Guernsey'),
    ('GH', 'Ghana'), ('GI', 'Gibraltar'), ('GL', 'Greenland'), ('GM', 'Gambia'), ('GN', 'Guinea'),
    ('GP', 'Guadeloupe'), ('GQ', 'Equatorial Guinea'), ('GR', 'Greece'), ('GT', 'Guatemala'), ('GU', 'Guam'),
    ('GY', 'Guyana'), ('HK', 'Hong Kong'), ('HK', 'Hong Kong SAR'), ('HN', 'Honduras'), ('HR', 'Croatia'),
    ('HT', 'Haiti'), ('HU', 'Hungary'), ('ID', 'Indonesia'), ('IE', 'Ireland'), ('IL', 'Israel'),
    ('IM', 'Isle of Man'), ('IN', 'India'), ('IQ', 'Iraq'), ('IR', 'Iran'), ('IS', 'Iceland'), ('IT', 'Italy'),
    ('JE', 'Jersey'), ('JM', 'Jamaica'), ('JO', 'Jordan'), ('JP', 'Japan'), ('KE', 'Kenya'), ('KG', 'Kyrgyzstan'),
    ('KH', 'Cambodia'), ('KM', 'Comoros'), ('KR', 'Korea'), ('KR', 'South Korea'), ('KW', 'Kuwait'),
    ('KY', 'Cayman Islands'), ('KZ', 'Kazakhstan'), ('LA', 'Laos'), ('LB', 'Lebanon'), ('LI', 'Liechtenstein'),
    ('LK', 'Sri Lanka'), ('LR', 'Liberia'), ('LS', 'Lesotho'), ('LT', 'Lithuania'), ('LU', 'Luxembourg'),
    ('LV', 'Latvia'), ('LY', 'Libya'), ('MA', 'Morocco'), ('MC', 'Monaco'), ('MD', 'Moldova'),
    ('ME', 'Montenegro'), ('MG', 'Madagascar'), ('MK', 'Macedonia'), ('MK', 'North Macedonia'), ('ML', 'Mali'),
    ('MM', 'Myanmar'), ('MN', 'Mongolia'), ('MO', 'Macao SAR'), ('MO', 'Macau'), ('MQ', 'Martinique'),
    ('MR', 'Mauritania'), ('MT', 'Malta'), ('MU', 'Mauritius'), ('MV', 'Maldives'), ('MW', 'Malawi'),
    ('MX', 'Mexico'), ('MY', 'Malaysia'), ('MZ', 'Mozambique'), ('NA', 'Namibia'), ('NC', 'New Caledonia'),
    ('NE', 'Niger'), ('NG', 'Nigeria'), ('NI', 'Nicaragua'), ('NL', 'Netherlands'), ('NO', 'Norway'),
    ('NP', 'Nepal'), ('NZ', 'New Zealand'), ('OM', 'Oman'), ('PA', 'Panama'), ('PE', 'Peru'),
    ('PF', 'French Polynesia'), ('PG', 'Papua New Guinea'), ('PH', 'Philippines'), ('PK', 'Pakistan'),
    ('PL', 'Poland'), ('PR', 'Puerto Rico'), ('PS', 'Palestinian Authority'), ('PT', 'Portugal'),
    ('PY', 'Paraguay'), ('QA', 'Qatar'), ('RE', 'Réunion'), ('RO', 'Romania'), ('RS', 'Serbia'), ('RU', 'Russia'),
    ('RW', 'Rwanda'), ('SA', 'Saudi Arabia'), ('SC', 'Seychelles'), ('SD', 'Sudan'), ('SE', 'Sweden'),
    ('SG', 'Singapore'), ('SI', 'Slovenia'), ('SK', 'Slovakia'), ('SL', 'Sierra Leone'), ('SM', 'San Marino'),
    ('SN', 'Senegal'), ('SO', 'Somalia'), ('SR', 'Suriname'), ('SV', 'El Salvador'), ('SY', 'Syria'),
    ('SZ', 'Eswatini'), ('SZ', 'Swaziland'), ('TD', 'Chad'), ('TG', 'Togo'), ('TH', 'Thailand'),
    ('TJ', 'Tajikistan'), ('TM', 'Turkmenistan'), ('TN', 'Tunisia'), ('TR', 'Turkey'), ('TR', 'Türkiye'),
    ('TT', 'Trinidad and Tobago'), ('TW', 'Taiwan'), ('TZ', 'Tanzania'), ('UA', 'Ukraine'), ('UG', 'Uganda'),
    ('US', 'United States'), ('UY', 'Uruguay'), ('UZ', 'Uzbekistan'), ('VA', 'Vatican City'), ('VE', 'Venezuela'),
    ('VI', 'U.S. Virgin Islands'), ('VN', 'Vietnam'), ('XK', 'Kosovo'), ('YE', 'Yemen'), ('ZA', 'South Africa'),
    ('ZM', 'Zambia'), ('ZW', 'Zimbabwe')
)

-- Rows that differ in nothing of the key are added up: an attribute beyond it splits them, and none may be lost.
SELECT
    getvariable('partition') AS account_id,
    campaign_id,
    any_value(campaign_name) AS campaign_name,
    coalesce(country.code, country_name) AS country,
    region AS region_id,
    region,
    date,
    'bing' AS source,
    'cpc' AS medium,
    currency,
    CAST(sum(impressions) AS BIGINT) AS impressions,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    CAST(sum(cost) AS DECIMAL(38, 6)) AS cost,
    CAST(sum(conversions) AS DECIMAL(38, 6)) AS conversions,
    CAST(sum(conversion_value) AS DECIMAL(38, 6)) AS conversion_value,
    min(page_no) AS page_no,
    arg_min(record_no, (page_no, record_no)) AS record_no,
    problem
FROM judged
LEFT JOIN country ON lower(country.name) = lower(country_name)
GROUP BY campaign_id, coalesce(country.code, country_name), region, date, currency, problem, CASE WHEN problem IS NOT NULL THEN (page_no, record_no) END
