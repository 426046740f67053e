"""Names for the record: stable for most, drawn anew for each subject where a stable one would tell a district."""

import hmac

LENGTH = 10  # hexadecimal digits: 40 bits, enough to tell the deeds of one city apart


def alias(key: bytes, pseudonym: str, subject: str) -> str:
    """Return the name under which a person of one district acts on one subject.

    A released decision tells which district a pseudonym belongs to. Were the same pseudonym in the entry of a plan
    that is still live, it would tell that plan's district. The alias is an HMAC-SHA-256 over pseudonym and subject:
    the same for all her deeds on one subject, unlinkable across subjects without the key. Its release beside the
    pseudonym, once the plan may be public, lets everybody match the decision with its entry.
    """
    message = f"{pseudonym} {subject}".encode()
    return f"p-{hmac.digest(key, message, 'sha256').hex()[:LENGTH]}"
