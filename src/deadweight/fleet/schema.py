"""The schema of the SQLite file of a fleet: the statements of each version, in the order that they run.

``PRAGMA user_version`` is the number of migrations that a file has had. A new file gets all of them, an older one those
that it lacks. A released migration never changes. ``docs/reference/fleet.md`` explains the tables and views.

Foreign keys are declared for those who read the file (Datasette follows them), and not enforced: the writer takes every
number from the table itself, in the same transaction.
"""

from __future__ import annotations

# "dwft"; see ``PRAGMA application_id``, which tells our files from other databases.
APPLICATION_ID = 0x64776674

_TABLES = (
    """CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started TEXT NOT NULL,
  finished TEXT,
  complete INTEGER NOT NULL,
  options TEXT NOT NULL,
  version TEXT NOT NULL
)""",
    """CREATE TABLE target (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
)""",
    """CREATE TABLE result (
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  method TEXT NOT NULL,
  version TEXT NOT NULL,
  python TEXT,
  platform TEXT,
  distributions INTEGER NOT NULL,
  unmeasured INTEGER NOT NULL,
  files INTEGER NOT NULL,
  apparent_bytes INTEGER NOT NULL,
  disk_bytes INTEGER,
  native_bytes INTEGER NOT NULL,
  bytecode_bytes INTEGER NOT NULL,
  unowned_bytes INTEGER NOT NULL,
  required_bytes INTEGER NOT NULL,
  download_bytes INTEGER,
  shipped_bytes INTEGER,
  wasted_bytes INTEGER
)""",
    """CREATE TABLE measurement (
  target INTEGER NOT NULL REFERENCES target,
  run INTEGER NOT NULL REFERENCES run,
  result INTEGER REFERENCES result,
  exit_code INTEGER NOT NULL,
  reason TEXT,
  PRIMARY KEY (target, run)
) WITHOUT ROWID""",
    """CREATE TABLE project (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
)""",
    """CREATE TABLE version (
  id INTEGER PRIMARY KEY,
  project INTEGER NOT NULL REFERENCES project,
  text TEXT,
  UNIQUE (project, text)
)""",
    """CREATE TABLE layer (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  command TEXT NOT NULL,
  files INTEGER NOT NULL,
  apparent_bytes INTEGER NOT NULL,
  compressed_bytes INTEGER
)""",
    """CREATE TABLE installed (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  version INTEGER NOT NULL REFERENCES version,
  layer INTEGER REFERENCES layer,
  group_name TEXT NOT NULL,
  sure INTEGER NOT NULL,
  direct INTEGER NOT NULL,
  production INTEGER NOT NULL,
  files INTEGER NOT NULL,
  apparent_bytes INTEGER NOT NULL,
  native_bytes INTEGER NOT NULL,
  bytecode_bytes INTEGER NOT NULL,
  download_bytes INTEGER,
  retained_bytes INTEGER NOT NULL,
  freed_bytes INTEGER,
  PRIMARY KEY (result, number)
) WITHOUT ROWID""",
    """CREATE TABLE image_layer (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  layer INTEGER NOT NULL REFERENCES layer,
  wasted_bytes INTEGER NOT NULL,
  hides_bytes INTEGER NOT NULL,
  PRIMARY KEY (result, number)
) WITHOUT ROWID""",
    """CREATE TABLE kind (
  result INTEGER NOT NULL REFERENCES result,
  name TEXT NOT NULL,
  apparent_bytes INTEGER NOT NULL,
  PRIMARY KEY (result, name)
) WITHOUT ROWID""",
    """CREATE TABLE split (
  result INTEGER NOT NULL REFERENCES result,
  name TEXT NOT NULL,
  distributions INTEGER NOT NULL,
  apparent_bytes INTEGER NOT NULL,
  saved_bytes INTEGER NOT NULL,
  holds INTEGER,
  PRIMARY KEY (result, name)
) WITHOUT ROWID""",
    """CREATE TABLE finding (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  rule TEXT NOT NULL,
  rule_name TEXT NOT NULL,
  name TEXT NOT NULL,
  sure INTEGER NOT NULL,
  layer INTEGER REFERENCES layer,
  wasted_bytes INTEGER,
  reason TEXT NOT NULL,
  change TEXT,
  file TEXT,
  line INTEGER,
  PRIMARY KEY (result, number)
) WITHOUT ROWID""",
    """CREATE TABLE saving (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  action TEXT NOT NULL,
  name TEXT NOT NULL,
  detail TEXT NOT NULL,
  layer INTEGER REFERENCES layer,
  saves_bytes INTEGER NOT NULL,
  PRIMARY KEY (result, number)
) WITHOUT ROWID""",
    """CREATE TABLE skipped (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  exit_code INTEGER NOT NULL,
  PRIMARY KEY (result, number)
) WITHOUT ROWID""",
)
_INDEXES = (
    "CREATE INDEX measurement_of_run ON measurement (run, target)",
    "CREATE INDEX installed_of_version ON installed (version, result)",
    "CREATE INDEX image_layer_of_layer ON image_layer (layer, result)",
)
# The newest state. The SQL is what SQLite and DuckDB both understand, since DuckDB reads views by their text.
_VIEWS = (
    """CREATE VIEW runs AS
SELECT run.id AS run, run.started, run.finished, run.complete, run.version, run.options,
  COUNT(measurement.target) AS targets,
  COUNT(measurement.target) - COUNT(measurement.result) AS failed
FROM run LEFT JOIN measurement ON measurement.run = run.id
GROUP BY run.id, run.started, run.finished, run.complete, run.version, run.options""",
    """CREATE VIEW latest AS
SELECT seen.target, seen.last_run, measurement.run, measurement.result
FROM (
  SELECT target, MAX(run) AS last_run, MAX(CASE WHEN result IS NOT NULL THEN run END) AS run
  FROM measurement GROUP BY target
) AS seen
LEFT JOIN measurement ON measurement.target = seen.target AND measurement.run = seen.run
WHERE seen.last_run >= (SELECT COALESCE(MAX(id), 0) FROM run WHERE complete = 1 AND finished IS NOT NULL)""",
    """CREATE VIEW targets AS
SELECT target.name AS target, latest.run, last.run AS last_run, last.reason AS failure,
  result.kind, result.method, result.python, result.platform, result.distributions, result.unmeasured,
  result.files, result.apparent_bytes, result.disk_bytes, result.native_bytes, result.bytecode_bytes,
  result.unowned_bytes, result.required_bytes, result.download_bytes, result.shipped_bytes, result.wasted_bytes,
  result.identity
FROM latest
JOIN target ON target.id = latest.target
JOIN measurement AS last ON last.target = latest.target AND last.run = latest.last_run
LEFT JOIN result ON result.id = latest.result""",
    """CREATE VIEW history AS
SELECT target.name AS target, measurement.run, run.started, measurement.reason AS failure,
  result.distributions, result.apparent_bytes, result.shipped_bytes, result.wasted_bytes, result.download_bytes
FROM measurement
JOIN target ON target.id = measurement.target
JOIN run ON run.id = measurement.run
LEFT JOIN result ON result.id = measurement.result""",
    """CREATE VIEW distributions AS
SELECT target.name AS target, latest.run, project.name, version.text AS version, installed.group_name, installed.sure,
  installed.direct, installed.production, layer.digest AS layer, installed.files, installed.apparent_bytes,
  installed.native_bytes, installed.bytecode_bytes, installed.download_bytes, installed.retained_bytes,
  installed.freed_bytes
FROM latest
JOIN target ON target.id = latest.target
JOIN installed ON installed.result = latest.result
JOIN version ON version.id = installed.version
JOIN project ON project.id = version.project
LEFT JOIN layer ON layer.id = installed.layer""",
    """CREATE VIEW target_layers AS
SELECT target.name AS target, latest.run, image_layer.number, layer.digest, layer.command, layer.files,
  layer.apparent_bytes, layer.compressed_bytes, image_layer.wasted_bytes, image_layer.hides_bytes
FROM latest
JOIN target ON target.id = latest.target
JOIN image_layer ON image_layer.result = latest.result
JOIN layer ON layer.id = image_layer.layer""",
    """CREATE VIEW layers AS
SELECT layer.digest, layer.command, layer.files, layer.apparent_bytes, layer.compressed_bytes, used.targets
FROM (
  SELECT image_layer.layer, COUNT(DISTINCT latest.target) AS targets
  FROM latest JOIN image_layer ON image_layer.result = latest.result
  GROUP BY image_layer.layer
) AS used
JOIN layer ON layer.id = used.layer""",
    """CREATE VIEW kinds AS
SELECT target.name AS target, latest.run, kind.name AS kind, kind.apparent_bytes
FROM latest
JOIN target ON target.id = latest.target
JOIN kind ON kind.result = latest.result""",
    """CREATE VIEW splits AS
SELECT target.name AS target, latest.run, split.name AS split, split.distributions, split.apparent_bytes,
  split.saved_bytes, split.holds
FROM latest
JOIN target ON target.id = latest.target
JOIN split ON split.result = latest.result""",
    """CREATE VIEW findings AS
SELECT latest.run, target.name AS target, finding.rule, finding.rule_name, finding.name, finding.sure,
  layer.digest AS layer, finding.wasted_bytes AS bytes, finding.reason, finding.change, finding.file, finding.line
FROM latest
JOIN target ON target.id = latest.target
JOIN finding ON finding.result = latest.result
LEFT JOIN layer ON layer.id = finding.layer""",
    """CREATE VIEW savings AS
SELECT target.name AS target, latest.run, saving.action, saving.name, saving.detail, layer.digest AS layer,
  saving.saves_bytes
FROM latest
JOIN target ON target.id = latest.target
JOIN saving ON saving.result = latest.result
LEFT JOIN layer ON layer.id = saving.layer""",
    """CREATE VIEW unmeasured AS
SELECT target.name AS target, latest.run, skipped.name, skipped.reason, skipped.exit_code
FROM latest
JOIN target ON target.id = latest.target
JOIN skipped ON skipped.result = latest.result""",
)
# Number n - 1 makes a file of version n from one of version n - 1.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (*_TABLES, *_INDEXES, *_VIEWS),
    # It made adding a target 2.3 times as slow, since each distribution changed another page of it. Without it, looking
    # up one distribution reads those of all targets, which takes half a second for 10,000 targets.
    ("DROP INDEX installed_of_version",),
    (
        """CREATE TABLE warning (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (result, number)
) WITHOUT ROWID""",
        """CREATE VIEW warnings AS
SELECT target.name AS target, latest.run, warning.text
FROM latest
JOIN target ON target.id = latest.target
JOIN warning ON warning.result = latest.result""",
    ),
    # A row for each earlier finding that has the bytes, too.
    (
        """CREATE TABLE finding_overlap (
  result INTEGER NOT NULL REFERENCES result,
  number INTEGER NOT NULL,
  finding INTEGER NOT NULL,
  earlier INTEGER NOT NULL,
  apparent_bytes INTEGER NOT NULL,
  PRIMARY KEY (result, number, earlier)
) WITHOUT ROWID""",
    ),
)
