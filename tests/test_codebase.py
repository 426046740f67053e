"""What reviewers forget: rules about the code itself."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from forecasting.core.incidents import EXTRACT_COLUMNS
from governance.core.refusals import Reason
from governance.core.roles import PERMISSION_LABELS, ROLES, Permission
from governance.core.states import OWNERS, TRANSITIONS, Owner, State

ROOT = Path(__file__).resolve().parent.parent
APPS = ("governance", "forecasting", "audits", "public_portal")
OPERATE_THE_LOG = {  # they work on the log itself and write no leaf
    "confirm_recovery", "propose_recovery", "publish_checkpoint", "publish_tiles", "request_cosignature",
    "sign_checkpoint", "verify_log",
}  # fmt: skip
TELL_PEOPLE = {
    "choose_mail",
    "read_notices",
    "retry_mail",
    "tell_people",
}  # being told is no deed: decision 0009
TOP = {
    ".ci", ".git", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "audits", "config", "forecasting",
    "governance", "manage.py", "public_portal", "pyproject.toml", "requirements.lock", "tests",
}  # fmt: skip


def modules(*parts: str) -> list[Path]:
    """Return the modules of one folder of every app, without the package file."""
    found = [path for app in APPS for path in (ROOT / app).joinpath(*parts).glob("*.py")]
    return sorted(path for path in found if path.name != "__init__.py")


def functions(path: Path) -> list[ast.FunctionDef]:
    """Return the public functions of a module."""
    tree = ast.parse(path.read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def named(path: Path) -> str:
    """Return a path as a test shows it."""
    return path.relative_to(ROOT).as_posix()


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("path", modules("services"), ids=named)
def test_a_service_is_one_keyword_only_deed_by_somebody_in_one_transaction(path: Path) -> None:
    assert [each.name for each in functions(path)] == [path.stem], (
        "one public function, with the module's name"
    )
    deed = functions(path)[0]
    assert not deed.args.args
    assert "by" in {argument.arg for argument in deed.args.kwonlyargs}
    assert "transaction.atomic" in {ast.unparse(decorator) for decorator in deed.decorator_list}
    assert ast.get_docstring(deed)


@pytest.mark.parametrize("path", modules("services"), ids=named)
def test_a_service_records_what_it_did(path: Path) -> None:
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    }
    assert ("record" in calls) != (path.stem in OPERATE_THE_LOG | TELL_PEOPLE)


@pytest.mark.parametrize("path", [*modules("core"), *modules("services")], ids=named)
def test_a_rule_or_deed_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "a module begins with what it owns"


@pytest.mark.parametrize("path", modules("core"), ids=named)
def test_a_core_module_has_its_mirror_test(path: Path) -> None:
    app = path.relative_to(ROOT).parts[0]
    assert (ROOT / "tests" / "core" / app / f"test_{path.stem}.py").exists()


@pytest.mark.parametrize("path", modules("services"), ids=named)
def test_a_service_is_called_by_a_test(path: Path) -> None:
    tests = [
        each.read_text()
        for folder in ("apps", "journeys")
        for each in (ROOT / "tests" / folder).rglob("*.py")
    ]
    assert any(f"services.{path.stem} import" in text for text in tests)


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    """Walk all addresses."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each)
        else:
            yield each


def access_of(pattern: URLPattern) -> object:
    """Return who may open an address: our own mark, or the permission classes of an API view."""
    mark = getattr(pattern.callback, "access", None)
    return mark or getattr(getattr(pattern.callback, "cls", None), "permission_classes", None)


@pytest.mark.parametrize("pattern", list(patterns(get_resolver())), ids=lambda each: str(each.pattern))
def test_every_address_says_who_may_open_it(pattern: URLPattern) -> None:
    assert access_of(pattern)


def test_every_field_is_on_the_allowlist_with_its_purpose() -> None:
    allowed = tomllib.loads((ROOT / "config" / "allowlist.toml").read_text())
    have = {
        f"{model._meta.label}.{field.name}"
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields(include_hidden=False)
        if not field.auto_created or field.concrete
    }
    listed = {f"{table}.{name}" for table, fields in allowed["fields"].items() for name in fields}
    assert have == listed
    assert all(purpose for fields in allowed["fields"].values() for purpose in fields.values())


def test_every_column_of_an_extract_is_on_the_allowlist() -> None:
    allowed = tomllib.loads((ROOT / "config" / "allowlist.toml").read_text())
    assert set(EXTRACT_COLUMNS) == set(allowed["extract"])


def test_no_field_of_incidents_forecasts_or_plans_speaks_of_a_person() -> None:
    about_people = {
        "name",
        "first_name",
        "last_name",
        "address",
        "phone",
        "plate",
        "race",
        "sex",
        "age",
        "email",
    }
    fields = {
        (model._meta.label, field.name)
        for model in apps.get_app_config("forecasting").get_models()
        for field in model._meta.get_fields()
    }
    assert not [
        (label, name) for label, name in fields if name in about_people and label != "forecasting.Recipe"
    ]


@pytest.mark.django_db
def test_every_table_that_only_grows_has_triggers_that_fire_always() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname LIKE 'append_only%%' AND t.tgenabled = 'A' GROUP BY 1"
        )
        guarded = {table for table, count in cursor.fetchall() if count == 2}
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
    declared = {
        model._meta.db_table
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if "append-only" in (model.__doc__ or "").lower()
    }
    assert guarded == declared
    assert role == "lamplight_app"


@pytest.mark.django_db
def test_the_application_may_only_read_and_add_where_history_is_kept() -> None:
    with connection.cursor() as cursor:
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            cursor.execute("SELECT has_table_privilege(current_user, 'governance_ledgerentry', %s)", [right])
            assert cursor.fetchone() == (False,)


def test_every_state_has_somebody_who_acts_next_or_is_final() -> None:
    assert set(OWNERS) == set(State)
    for state, owner in OWNERS.items():
        leads_on = any(source is state for source, _ in TRANSITIONS)
        assert leads_on == (owner is not Owner.NOBODY)


def test_every_reason_for_a_no_is_given_somewhere() -> None:
    given = {
        node.attr
        for app in (*APPS, "config")
        for path in (ROOT / app).rglob("*.py")
        if path.name != "refusals.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("Reason", "Why")
    }
    assert {reason.name for reason in Reason} <= given


def test_every_permission_is_given_to_some_role_and_has_its_words() -> None:
    given = {permission for terms in ROLES.values() for permission in terms.permissions}
    assert given == set(Permission) == set(PERMISSION_LABELS)


def test_nothing_else_stands_at_the_top() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in listed.splitlines()} <= TOP


def test_no_file_names_an_address_of_a_package_registry_or_a_path_of_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    forbidden = ("/".join(["", "work", "main"]), "pypi" + ".org", "/" + "root/", "registry" + ".npmjs")
    for name in listed.splitlines():
        path = ROOT / name
        text = path.read_text(errors="replace") if path.is_file() else ""
        assert not [word for word in forbidden if word in text], name


@pytest.mark.parametrize(
    "path", [path for app in APPS for path in (ROOT / app / "decisions").glob("*.md")], ids=named
)
def test_a_decision_bears_its_number(path: Path) -> None:
    assert path.read_text().startswith(f"# {path.stem.split('-')[0]} ")
