"""Tables of governance."""

from governance.models.area import Area
from governance.models.artifact import Artifact
from governance.models.break_glass import BreakGlass
from governance.models.change_request import ChangeRequest
from governance.models.checkpoint import Checkpoint, Cosignature, Publication
from governance.models.complaint import Complaint, ComplaintContact, ComplaintStep, FilingMark
from governance.models.delegation import Delegation
from governance.models.district import District
from governance.models.evidence import Evidence
from governance.models.hold import Hold, HoldLift
from governance.models.jurisdiction import Jurisdiction
from governance.models.ledger_entry import LedgerEntry, LedgerLock, LedgerText
from governance.models.log_health import LogHealth, LogVerification, RecoveryProposal, RecoveryVote
from governance.models.notice import Notice
from governance.models.policy import Policy
from governance.models.policy_draft import PolicyDraft
from governance.models.public_comment import AnsweredComment, CommentAnswer, PublicComment
from governance.models.request_act import RequestAct
from governance.models.role_grant import RoleGrant, RoleRequest
from governance.models.training_record import TrainingRecord
from governance.models.user import User
from governance.models.vote import Vote

__all__ = [
    "AnsweredComment",
    "Area",
    "Artifact",
    "BreakGlass",
    "ChangeRequest",
    "Checkpoint",
    "CommentAnswer",
    "Complaint",
    "ComplaintContact",
    "ComplaintStep",
    "Cosignature",
    "Delegation",
    "District",
    "Evidence",
    "FilingMark",
    "Hold",
    "HoldLift",
    "Jurisdiction",
    "LedgerEntry",
    "LedgerLock",
    "LedgerText",
    "LogHealth",
    "LogVerification",
    "Notice",
    "Policy",
    "PolicyDraft",
    "PublicComment",
    "Publication",
    "RecoveryProposal",
    "RecoveryVote",
    "RequestAct",
    "RoleGrant",
    "RoleRequest",
    "TrainingRecord",
    "User",
    "Vote",
]
