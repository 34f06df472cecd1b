"""procrastinate's app, for its command that lays out its schema."""

import os

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["JOBS_DSN"]))
