-- Columns that contracts declare personal. `person_role` tells several people of a row apart. `erased_as` is the kind
-- under which a column was last searched for erased people: where `personal` says otherwise, a contract has declared the
-- column since, and the erasures of before are still to be applied to it.
ALTER TABLE ops.fact_column ADD COLUMN person_role VARCHAR;
ALTER TABLE ops.fact_column ADD COLUMN erased_as VARCHAR;
UPDATE ops.fact_column SET erased_as = personal;
