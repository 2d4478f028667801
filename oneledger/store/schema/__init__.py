"""The tables, by subject."""

from oneledger.store.schema.figures import acting_signer, report, signature, snapshot, snapshot_unit
from oneledger.store.schema.health import holding, pulse
from oneledger.store.schema.kinds import Json, Utc, metadata
from oneledger.store.schema.mail import confirmation, contact_event, inbox, lease, outbox, outbox_content
from oneledger.store.schema.problems import draw, incident_entry, problem, problem_event
from oneledger.store.schema.records import event, event_seal, privacy_event, quarantine
from oneledger.store.schema.returns import (
    amendment,
    assignment,
    document,
    document_band,
    former_verdict,
    reopening,
    submission,
    waiver,
)
from oneledger.store.schema.units import campaign, campaign_unit, edge, shift, unit, unit_change

__all__ = (
    "Json",
    "Utc",
    "acting_signer",
    "amendment",
    "assignment",
    "campaign",
    "campaign_unit",
    "confirmation",
    "contact_event",
    "document",
    "document_band",
    "draw",
    "edge",
    "event",
    "event_seal",
    "former_verdict",
    "holding",
    "inbox",
    "incident_entry",
    "lease",
    "metadata",
    "outbox",
    "outbox_content",
    "privacy_event",
    "problem",
    "problem_event",
    "pulse",
    "quarantine",
    "reopening",
    "report",
    "shift",
    "signature",
    "snapshot",
    "snapshot_unit",
    "submission",
    "unit",
    "unit_change",
    "waiver",
)
