/** What `banyan init` writes: the smallest useful configuration, with the rest as comments beside it. */
export const STARTER_CONFIG = `# Banyan configuration. Check it with "banyan config check", then probe everything with "banyan check".
# Durations: 10s 15m 24h 30d. Relative paths are relative to this file. Secrets stand in files or environment variables.

# Names the writers, the lease and the metrics: lower-case letters, digits, hyphens. Never change it once data is in the log.
bridge: my-site

# The bridge's own SQLite file. It can be rebuilt from the log ("banyan store rebuild").
store: ./banyan.db

historians:
  pi-main:                                    # first part of every tag id; never change it either
    piWebApi:
      url: https://pi.example.org/piwebapi
      dataServer: PISRV01
      auth: { type: basic, username: svc-banyan, passwordFile: ./secrets/pi }
      # auth: { type: basic, username: svc-banyan, passwordEnv: PI_PASSWORD }
      # auth: { type: bearer, tokenFile: ./secrets/pi-token }
      # tls: { caFile: ./ca.pem }             # authorities to trust in place of the system's
      # pageSize: 10000                       # values per stream per call
      # timeout: 60s
      # outage: 5m                            # how long an unreachable historian is retried before a job stops
      limits:                                 # what the historian must never be asked to exceed
        concurrency: 8
        requestsPerSecond: 50
        rowsInFlight: 200000
        # quietHours: ["22:00-23:30"]         # nothing is read inside these
        # timeZone: Europe/Berlin             # zone of the quiet hours
        # batchSize: 100                      # sub-requests in one /batch call
    # opcua:                                  # stands in for PI Web API when that does not answer
    #   endpoint: opc.tcp://hda.example.org:4840
    #   role: fallback                        # only: there is no piWebApi
    #   security: { mode: SignAndEncrypt, policy: Basic256Sha256, pki: ./pki }
    #   identity: { type: username, username: banyan, passwordFile: ./secrets/ua }
    #   nodes: { file: ./nodes.csv }          # tag name,node id; or { pattern: "nsu=urn:plant;s={name}" }
    #   limits: { concurrency: 2 }
    #   failover: { after: 60s, back: 5m, overlap: 1m }

# Which tags, and how much of their history. The first rule that matches a tag wins. Put names with * in quotes.
tags:
  - historian: pi-main
    include: ["FIC*", "TIC*"]
    exclude: ["*TEST*"]
    backfill: { from: 2015-01-01, order: newest-first }
  # - { historian: pi-main, file: ./tags.csv, backfill: { from: 2020-01-01, until: 2024-01-01, order: oldest-first } }

# Where the samples go: Kafka, or one SQLite file.
log:
  kafka:
    brokers: ["kafka:9092"]
    topicPrefix: historian
    partitions: 12                            # cannot change once records exist
    replicationFactor: 3
    # writers: 1
    # compression: gzip
    # tls: { caFile: ./kafka-ca.pem }
    # sasl: { mechanism: scram-sha-512, username: banyan, passwordFile: ./secrets/kafka }
    # outage: 2m
  # embedded: { file: ./banyan-log.db, partitions: 4 }

# How "banyan sync" follows the historian.
# sync:
#   interval: 10s                             # how often new samples are read
#   settle: 30s                               # how long after its timestamp a sample may still change by normal means
#   sweeps:                                   # when samples are compared again for late, edited and deleted ones, and how far back
#     - { every: 15m, lookBack: 24h }
#     - { cron: "0 2 * * *", timeZone: Europe/Berlin, lookBack: 30d }
#   catalogue: 1h                             # how often new, renamed and deleted tags are looked for
#   repair: auto                              # auto: corrections go into the log; report: differences are only told
#   hints: true                               # listen to the historian's notices of change, where it offers them

# parity:                                     # how log and historian are compared
#   cell: 1h                                  # width of the unit of comparison; divides a day
#   policy: census                            # census: every window; sample: those drawn by sample: { every: 100, seed: 1, maxRate: 0.001 }
#   compression: explain                      # samples the historian provably dropped: explain, or strict: a mismatch

# What moves from the historian to the log together, and back; each move takes evidence ("banyan cutover plan").
# workloads:
#   boiler:
#     tags: ["FIC*"]                          # name masks; add "historian: pi-main" where names occur in several
#     criticality: B                          # A: a wrong answer hurts people or product; B: costs money; C: costs time
#     consumers: [{ name: grafana, staleness: 60s }]   # who reads them, and how old the newest sample may be
#     gates:                                  # what differs from the defaults of the criticality
#       streak: 5d
#       canary: [5, 25, 50]                   # percent of the consumers, step by step
#       freeze: [{ from: 2030-12-20, until: 2031-01-07, reason: turnaround }]
# cutover:
#   killSwitch: ./all-to-historian            # while this file is there, every consumer is told to read the historian

# Health, metrics and status over HTTP, read-only. Without it nothing listens. 127.0.0.1 keeps it on this machine;
# 0.0.0.0 opens it to the network.
# web:
#   listen: 127.0.0.1:8080
#   names: []                                 # host names by which others ask, e.g. [banyan.example.org]; IP addresses always do
`
