"""The figures of a fleet report, each as the statement that computes it.

Statements read the state of a fleet from temporary tables, which ``STATE`` and ``PREPARE`` fill. ``:most`` limits the
rows, -1 for all. ``CROSS JOIN`` makes SQLite read the tables in the order of the text: without statistics on temporary
tables, it would read all results of the file where those of the state are enough.
"""

from __future__ import annotations

# The state after run ``:run``: each target with its newest result by then. The view ``latest`` has it for the last run.
STATE = """
INSERT INTO temp.{table}
SELECT seen.target, measurement.result, measurement.run, last.reason, last.exit_code
FROM (
  SELECT target, MAX(run) AS last_run, MAX(CASE WHEN result IS NOT NULL THEN run END) AS run
  FROM measurement WHERE run <= :run GROUP BY target
) AS seen
JOIN measurement AS last ON last.target = seen.target AND last.run = seen.last_run
LEFT JOIN measurement ON measurement.target = seen.target AND measurement.run = seen.run
WHERE seen.last_run >= (
  SELECT COALESCE(MAX(id), 0) FROM run WHERE complete = 1 AND finished IS NOT NULL AND id <= :run
)"""
STATE_TABLE = """CREATE TEMP TABLE {table} (
  target INTEGER PRIMARY KEY, result INTEGER, run INTEGER, reason TEXT, exit_code INTEGER
)"""
# results: each result once, with the number of its targets.
# layers: how many images have each, and one result that has it. Its distributions count as what the layer stores.
# versions: the copies of each, and those that layers store, each layer once. The upsert adds them up without a sort,
# which takes four times as long for the distributions of 10,000 images.
PREPARE = (
    """CREATE TEMP TABLE results AS
SELECT result, COUNT(*) AS targets FROM temp.state WHERE result IS NOT NULL GROUP BY result""",
    "CREATE TEMP TABLE layers (id INTEGER PRIMARY KEY, result INTEGER, images INTEGER, wasted INTEGER)",
    """INSERT INTO temp.layers
SELECT layer, MIN(result), SUM(targets), MAX(wasted)
FROM (
  SELECT layer, image_layer.result, MAX(wasted_bytes) AS wasted, MAX(targets) AS targets
  FROM temp.results CROSS JOIN image_layer ON image_layer.result = results.result
  GROUP BY image_layer.result, layer
) GROUP BY layer""",
    """CREATE TEMP TABLE versions (
  version INTEGER PRIMARY KEY, copies INTEGER, bytes INTEGER, stored INTEGER, layers INTEGER, least INTEGER,
  dev_copies INTEGER, dev_bytes INTEGER
)""",
    """INSERT INTO temp.versions
SELECT version, targets, apparent_bytes * targets,
  CASE
    WHEN layer IS NULL THEN apparent_bytes * targets WHEN layers.result = installed.result THEN apparent_bytes ELSE 0
  END,
  COALESCE(layers.result = installed.result, 0), apparent_bytes,
  CASE WHEN production = 0 THEN targets ELSE 0 END,
  CASE WHEN production = 0 THEN apparent_bytes * targets ELSE 0 END
FROM temp.results
CROSS JOIN installed ON installed.result = results.result
LEFT JOIN temp.layers ON layers.id = installed.layer
WHERE TRUE
ON CONFLICT (version) DO UPDATE SET
  copies = copies + excluded.copies, bytes = bytes + excluded.bytes, stored = stored + excluded.stored,
  layers = layers + excluded.layers, least = MIN(least, excluded.least),
  dev_copies = dev_copies + excluded.dev_copies, dev_bytes = dev_bytes + excluded.dev_bytes""",
)
# One row with the fields of FleetTotals, from one row of each subquery.
TOTALS = """
SELECT targets, distributions, versions, copies, results.apparent_bytes, saved, images, shipped, layers, stored,
  compressed, layers_compressed, wasted, images - with_base
FROM (
  SELECT COALESCE(SUM(targets), 0) AS targets, COALESCE(SUM(apparent_bytes * targets), 0) AS apparent_bytes,
    COALESCE(SUM((kind = 'image') * targets), 0) AS images, COALESCE(SUM(shipped_bytes * targets), 0) AS shipped
  FROM temp.results CROSS JOIN result ON result.id = results.result
) AS results, (
  SELECT COUNT(DISTINCT version.project) AS distributions, COUNT(*) AS versions, COALESCE(SUM(copies), 0) AS copies
  FROM temp.versions JOIN version ON version.id = versions.version
), (
  SELECT COUNT(*) AS layers, COALESCE(SUM(apparent_bytes), 0) AS stored,
    COALESCE(SUM(compressed_bytes), 0) AS compressed, COUNT(compressed_bytes) AS layers_compressed,
    COALESCE(SUM(wasted), 0) AS wasted
  FROM temp.layers CROSS JOIN layer ON layer.id = layers.id
), (
  SELECT COALESCE(SUM(saved_bytes * targets), 0) AS saved
  FROM temp.results CROSS JOIN split ON split.result = results.result AND split.name = 'production'
), (
  SELECT COALESCE(SUM(targets), 0) AS with_base FROM temp.based
)"""
RUNS = """
SELECT run.id, run.started, run.finished, run.complete, run.version, COUNT(measurement.target),
  COUNT(measurement.target) - COUNT(measurement.result), COALESCE(SUM(result.apparent_bytes), 0)
FROM (SELECT * FROM run WHERE id <= :run ORDER BY id DESC LIMIT :most) AS run
LEFT JOIN measurement ON measurement.run = run.id
LEFT JOIN result ON result.id = measurement.result
GROUP BY run.id ORDER BY run.id DESC"""
FAILURES = """
SELECT target.name, state.run, state.reason FROM temp.state JOIN target ON target.id = state.target
WHERE state.reason IS NOT NULL ORDER BY target.name LIMIT :most"""
_PROJECTS = """
SELECT project.name, COUNT(*), SUM(copies), SUM(bytes), SUM(stored), SUM(dev_copies), SUM(dev_bytes)
FROM temp.versions JOIN version ON version.id = versions.version JOIN project ON project.id = version.project
GROUP BY version.project"""
DISTRIBUTIONS = f"{_PROJECTS} ORDER BY SUM(bytes) DESC, project.name LIMIT :most"
DEV = f"{_PROJECTS} HAVING SUM(dev_bytes) > 0 ORDER BY SUM(dev_bytes) DESC, project.name LIMIT :most"
VERSIONS = """
WITH several AS (
  SELECT project, SUM(copies) AS copies FROM temp.versions JOIN version ON version.id = versions.version
  GROUP BY project HAVING COUNT(*) > 1 ORDER BY SUM(copies) DESC, project LIMIT :most
)
SELECT project.name, several.copies, version.text, versions.copies, versions.bytes
FROM several
JOIN version ON version.project = several.project
JOIN temp.versions ON versions.version = version.id
JOIN project ON project.id = several.project
ORDER BY several.copies DESC, project.name, versions.copies DESC, version.text DESC"""
RULES = """
SELECT rule, MIN(rule_name), SUM(findings), SUM(bytes) AS total,
  SUM(CASE WHEN layer IS NULL THEN bytes ELSE once END)
FROM (
  SELECT rule, rule_name, layer, SUM(number * targets) AS findings, SUM(bytes * targets) AS bytes, MAX(bytes) AS once
  FROM (
    SELECT rule, rule_name, layer, targets, COUNT(*) AS number, COALESCE(SUM(wasted_bytes), 0) AS bytes
    FROM temp.results CROSS JOIN finding ON finding.result = results.result
    GROUP BY rule, layer, finding.result
  ) GROUP BY rule, layer
) GROUP BY rule ORDER BY total DESC, rule LIMIT :most"""
# A target with several such changes counts once: ``nth`` numbers those of a result.
CHANGES = """
SELECT action, name, detail,
  COUNT(DISTINCT layer) + SUM(CASE WHEN layer IS NULL THEN targets ELSE 0 END) AS lines,
  SUM(CASE WHEN nth = 1 THEN targets ELSE 0 END), SUM(saves_bytes * targets) AS saves
FROM (
  SELECT action, name, detail, layer, targets, saves_bytes,
    ROW_NUMBER() OVER (PARTITION BY action, name, detail, saving.result) AS nth
  FROM temp.results CROSS JOIN saving ON saving.result = results.result
)
GROUP BY action, name, detail
ORDER BY saves / (COUNT(DISTINCT layer) + SUM(CASE WHEN layer IS NULL THEN targets ELSE 0 END)) DESC, saves DESC, name
LIMIT :most"""
# The base of an image: its layers up to the highest that another image has, too.
BASED = """
CREATE TEMP TABLE based AS
SELECT image_layer.result, MAX(image_layer.number) AS number, results.targets
FROM temp.results
CROSS JOIN image_layer ON image_layer.result = results.result
JOIN temp.layers ON layers.id = image_layer.layer
WHERE layers.images > 1
GROUP BY image_layer.result"""
BASES = """
SELECT layer.digest, layer.command, based.number + 1, SUM(based.targets) AS images, MIN(based.result)
FROM temp.based
JOIN image_layer ON image_layer.result = based.result AND image_layer.number = based.number
JOIN layer ON layer.id = image_layer.layer
GROUP BY layer.id ORDER BY images DESC, layer.digest LIMIT :most"""
CHAIN_BYTES = """
SELECT SUM(layer.apparent_bytes) FROM image_layer JOIN layer ON layer.id = image_layer.layer
WHERE image_layer.result = ? AND image_layer.number < ?"""
# The versions that layers store most often, in bytes. A base that nothing of them is in would save little.
STORED_OFTEN = """
CREATE TEMP TABLE often AS
SELECT version FROM temp.versions WHERE layers > 1 ORDER BY (layers - 1) * least DESC, version LIMIT :most"""
STORED = """
SELECT version, layer, apparent_bytes
FROM temp.results
CROSS JOIN installed ON installed.result = results.result
JOIN temp.layers ON layers.id = installed.layer AND layers.result = installed.result
WHERE version IN (SELECT version FROM temp.often)"""
LAYER_SYSTEMS = "SELECT layers.id, python, platform FROM temp.layers JOIN result ON result.id = layers.result"
IMAGES_OF_LAYERS = """
SELECT SUM(targets) FROM temp.results WHERE result IN (
  SELECT result FROM image_layer WHERE layer IN (SELECT layer FROM temp.chosen)
)"""
VERSION_NAMES = """
SELECT project.name, version.text FROM version JOIN project ON project.id = version.project WHERE version.id = ?"""
# What changed between temp.before and temp.state. ``moved``: results that came (1) or went (-1).
MOVED = """
CREATE TEMP TABLE moved AS
SELECT result, SUM(sign) AS sign FROM (
  SELECT state.result, 1 AS sign FROM temp.state LEFT JOIN temp.before USING (target)
  WHERE state.result IS NOT NULL AND state.result IS NOT before.result
  UNION ALL
  SELECT before.result, -1 FROM temp.before LEFT JOIN temp.state USING (target)
  WHERE before.result IS NOT NULL AND state.result IS NOT before.result
) GROUP BY result HAVING SUM(sign) != 0"""
TREND_TOTALS = """
SELECT COUNT({table}.result), COALESCE(SUM(result.apparent_bytes), 0)
FROM temp.{table} LEFT JOIN result ON result.id = {table}.result"""
TREND_TARGETS = """
SELECT target.name, old.apparent_bytes, new.apparent_bytes
FROM (
  SELECT target FROM temp.state WHERE result IS NOT NULL
  UNION SELECT target FROM temp.before WHERE result IS NOT NULL
) AS both
LEFT JOIN temp.before ON before.target = both.target
LEFT JOIN temp.state ON state.target = both.target
LEFT JOIN result AS old ON old.id = before.result
LEFT JOIN result AS new ON new.id = state.result
JOIN target ON target.id = both.target
WHERE before.result IS NOT state.result
ORDER BY ABS(COALESCE(new.apparent_bytes, 0) - COALESCE(old.apparent_bytes, 0)) DESC, target.name LIMIT :most"""
TREND_COUNTS = """
SELECT
  (SELECT COUNT(*) FROM temp.state LEFT JOIN temp.before USING (target)
    WHERE state.result IS NOT NULL AND before.result IS NULL),
  (SELECT COUNT(*) FROM temp.before LEFT JOIN temp.state USING (target)
    WHERE before.result IS NOT NULL AND state.result IS NULL),
  (SELECT COUNT(*) FROM temp.state JOIN temp.before USING (target) WHERE state.result != before.result)"""
TREND_DISTRIBUTIONS = """
WITH moves AS (
  SELECT version.project, SUM(sign) AS copies, SUM(installed.apparent_bytes * sign) AS bytes
  FROM temp.moved
  CROSS JOIN installed ON installed.result = moved.result
  JOIN version ON version.id = installed.version
  GROUP BY version.project HAVING SUM(sign) != 0 OR SUM(installed.apparent_bytes * sign) != 0
  ORDER BY ABS(SUM(installed.apparent_bytes * sign)) DESC, version.project LIMIT :most
), current AS (
  SELECT version.project, SUM(copies) AS copies, SUM(bytes) AS bytes
  FROM temp.versions JOIN version ON version.id = versions.version
  WHERE version.project IN (SELECT project FROM moves) GROUP BY version.project
)
SELECT project.name, COALESCE(current.copies, 0) - moves.copies, COALESCE(current.copies, 0),
  COALESCE(current.bytes, 0) - moves.bytes, COALESCE(current.bytes, 0)
FROM moves LEFT JOIN current ON current.project = moves.project JOIN project ON project.id = moves.project
ORDER BY ABS(moves.bytes) DESC, project.name"""
