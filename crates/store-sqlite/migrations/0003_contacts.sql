-- Keys that contacts are, or were, sealed by: their names. With the first of them `oldest` of this step becomes 3, for a
-- program of before would take a sealed e-mail for damage.
CREATE TABLE contact_key (
  id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
