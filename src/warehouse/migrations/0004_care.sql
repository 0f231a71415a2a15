-- The warehouse's care: who did what (audit), whose identifiers were erased, and which landed pages
-- were removed on purpose.

-- What an admin did to the data, and what care removed by itself. Never holds an identifier.
CREATE TABLE ops.audit (
    noted_at TIMESTAMP NOT NULL, actor VARCHAR NOT NULL, action VARCHAR NOT NULL, workspace VARCHAR, detail VARCHAR NOT NULL
);

-- Erased people: `mark` is a keyed hash of an erased identifier, `token` a random word that stands in
-- its place, so that a later load of the same record does not bring the person back.
CREATE TABLE ops.erased (workspace VARCHAR NOT NULL, mark VARCHAR NOT NULL, token VARCHAR NOT NULL, erased_at TIMESTAMP NOT NULL);

-- Landed slices that retention removed: their manifest is rightly gone.
CREATE TABLE ops.landing_removed (load_id VARCHAR NOT NULL, removed_at TIMESTAMP NOT NULL);

-- The first day whose facts are all there: retention removed facts of the days before, so their
-- rollups stay as they are.
CREATE TABLE ops.sealed (before DATE NOT NULL);

-- Which Daybook brought the database to a version, so that an older one can name it.
ALTER TABLE main.daybook_version ADD COLUMN daybook VARCHAR;
