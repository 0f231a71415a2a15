-- That plans are not read, and what the site calls by states of its own.
SELECT 'planned and drafted articles are not read: only published ones are told to everybody; set auth = "application_password" to see them' AS note
WHERE json_extract_string(CAST(getvariable('settings') AS JSON), '$.auth') = 'none'
