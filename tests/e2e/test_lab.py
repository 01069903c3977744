"""The lab as a whole, by its command line: real processes, real TLS, real SMTP."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from e2e.labs import XTENANT, Lab, lab_up, xtenant
from xtenant.lab.ports import is_listening

ADMIN = "https://contoso-admin.sharepoint.com/"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_up(tmp_path_factory.mktemp("lab") / "home", "--geos", "contoso=NAM,EUR") as running:
        yield running


def ports_of(lab: Lab) -> list[int]:
    status = lab.status
    return [urlsplit(status["proxy"]).port, status["smtp"]["port"], *(row["port"] for row in status["tenants"])]


def test_curl_reaches_a_tenant_and_is_asked_to_sign_in(lab: Lab) -> None:
    done = lab.curl("-o", "/dev/null", "-w", "%{http_code}", ADMIN)
    assert (done.code, done.out) == (0, "401")


def test_the_page_shown_names_the_tenant(lab: Lab) -> None:
    done = lab.curl(ADMIN)
    assert done.code == 0 and "contoso" in done.out.lower()


def test_a_further_geo_has_hosts_of_its_own(lab: Lab) -> None:
    done = lab.curl("-o", "/dev/null", "-w", "%{http_code}", "https://contosoeur-admin.sharepoint.com/")
    assert (done.code, done.out) == (0, "401")
    assert set(lab.env["tenants"]["contoso"]["geos"]) == {"NAM", "EUR"}


def test_every_other_host_is_refused(lab: Lab) -> None:
    done = lab.curl("https://www.example.com/")
    assert done.code == 56 and "403" in done.err
    assert "www.example.com" in lab.status["refused_hosts"]


def test_the_environment_is_described_as_agreed(lab: Lab) -> None:
    env = lab.env
    assert set(env) >= {"proxy", "ca_file", "home", "tenants"}
    assert set(env["tenants"]["contoso"]) == {
        *("tenant_id", "initial_domain", "admin_url", "host_url", "root_url", "geos"),
        *("admin_upn", "client_id", "client_secret", "certificate_file", "users"),
    }
    shell = lab.run("env").out
    for name in ("HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert f"export {name}=" in shell
    assert "export NO_PROXY=''" in shell


def test_the_exit_code_and_a_home_of_its_own_are_passed(lab: Lab) -> None:
    assert lab.inside("sh", "-c", "exit 42").code == 42
    assert lab.inside("no-such-program").code == 127
    home = lab.inside("sh", "-c", "echo $HOME").out.strip()
    assert Path(home).is_relative_to(lab.home)


def test_a_client_that_reads_only_the_systems_bundle_trusts_the_lab_for_once(lab: Lab) -> None:
    command = ("env", "-u", "CURL_CA_BUNDLE", "-u", "SSL_CERT_FILE", "curl", "-s", "-o", "/dev/null", ADMIN)
    assert lab.inside(*command).code == 60
    assert lab.inside(*command, private_ca=True).code == 0


def test_a_stopped_tenant_is_unavailable_and_comes_back(lab: Lab) -> None:
    port = lab.tenants["fabrikam"]["port"]
    assert lab.run("stop", "fabrikam").json["state"] == "stopped"
    assert not is_listening(port)
    done = lab.curl("https://fabrikam-my.sharepoint.com/")
    assert done.code == 56 and "503" in done.err
    assert lab.run("start", "fabrikam").json["state"] == "running"
    assert lab.curl("-o", "/dev/null", "https://fabrikam-my.sharepoint.com/").code == 0


def test_a_killed_tenant_listens_no_more(lab: Lab) -> None:
    row = lab.tenants["fabrikam"]
    assert lab.run("kill", "fabrikam").json["state"] == "killed"
    assert not is_listening(row["port"]) and not psutil.pid_exists(row["pid"])
    assert lab.tenants["fabrikam"]["state"] == "killed"
    assert lab.run("start", "fabrikam").code == 0


def test_a_tenant_that_dies_by_itself_is_seen(lab: Lab) -> None:
    process = psutil.Process(lab.tenants["fabrikam"]["pid"])
    process.kill()
    psutil.wait_procs([process], timeout=10)
    assert lab.tenants["fabrikam"]["state"] == "failed"
    assert lab.run("start", "fabrikam").json["state"] == "running"


def test_the_mail_server_can_be_away_for_a_while(lab: Lab) -> None:
    port = lab.status["smtp"]["port"]
    assert lab.run("stop", "smtp").json["state"] == "stopped" and not is_listening(port)
    assert lab.run("start", "smtp").json["state"] == "running" and is_listening(port)


def test_the_clock_goes_forward_and_stays_there(lab: Lab) -> None:
    before = lab.run("clock").json["offset_seconds"]
    assert lab.run("clock", "--advance", "7d").json["offset_seconds"] == before + 7 * 86_400
    assert lab.run("clock").json["offset_seconds"] == before + 7 * 86_400
    assert lab.run("clock", "--advance", "-1d").code == 5


def test_a_setting_is_switched_and_an_unknown_one_refused(lab: Lab) -> None:
    assert lab.run("set", "-t", "contoso", "waiting_period=7d", "MnASiteMove=off").json["waiting_period"] == 604_800
    shown = lab.run("set", "-t", "contoso").json
    assert (shown["waiting_period"], shown["feature_site_move"]) == (604_800, False)
    refused = lab.run("set", "-t", "contoso", "waiting_period=0", "MnASiteMoves=on")
    assert refused.code == 5 and "MnASiteMove" in refused.err
    assert lab.run("set", "-t", "contoso").json["waiting_period"] == 604_800
    assert lab.run("set", "-t", "contoso", "waiting_period=0", "MnASiteMove=on").code == 0
    assert lab.run("set", "-t", "nobody", "E36=on").code == 5


def test_facts_of_a_site_are_stated(lab: Lab) -> None:
    root = "https://contoso.sharepoint.com"
    shown = lab.run("set", "-t", "contoso", "--site", root, "holds=on", "list:Workflow History=140").json
    assert (shown["Url"], shown["HasHolds"]) == (root, True)
    refused = lab.run("set", "-t", "contoso", "--site", root, "holds=off", "colour=red")
    assert refused.code == 5 and "There is no fact 'colour' of a site." in refused.err
    assert lab.run("set", "-t", "contoso", "--site", f"{root}/sites/none", "holds=on").code == 4
    assert not lab.run("set", "-t", "contoso", "--site", root, "holds=off").json["HasHolds"]


def test_the_collector_runs_when_asked(lab: Lab) -> None:
    assert lab.run("set", "-t", "contoso", "blob_grace=0").code == 0
    assert lab.run("collect", "-t", "contoso").json == {"tenant": "contoso", "removed": 0}


def test_people_are_listed_with_their_roles(lab: Lab) -> None:
    rows = lab.run("people", "-t", "fabrikam").json
    assert {row["role"] for row in rows} == {"global_admin", "sharepoint_admin", "user"}
    assert all(row["upn"].endswith(("@fabrikam.com", "@fabrikam.onmicrosoft.com")) and row["password"] for row in rows)


def test_a_device_code_is_approved_for_scripts(lab: Lab) -> None:
    tenant = lab.env["tenants"]["contoso"]
    login = f"https://login.microsoftonline.com/{tenant['tenant_id']}/oauth2/v2.0"
    shell = "9bc3ab49-b65d-410a-85ad-de819febfddc"
    begun = lab.curl(
        "-d", f"client_id={shell}", "-d", "scope=https://contoso-admin.sharepoint.com/.default", f"{login}/devicecode"
    )
    code = begun.json
    approved = lab.run("approve", code["user_code"], "--as", tenant["users"]["sharepoint_admin"]["upn"])
    assert approved.code == 0, approved.err
    grant = "grant_type=urn:ietf:params:oauth:grant-type:device_code"
    token = f"{login.replace(tenant['tenant_id'], 'common')}/token"
    answer = lab.curl("-d", grant, "-d", f"client_id={shell}", "-d", f"device_code={code['device_code']}", token)
    assert answer.json["token_type"] == "Bearer"
    assert lab.run("approve", "XXXXXXXXX", "--as", tenant["admin_upn"]).code != 0


def test_a_second_lab_cannot_take_the_home(lab: Lab) -> None:
    again = lab.run("up", "--detach")
    assert again.code == 4 and "Another process serves" in again.err


def test_two_labs_run_side_by_side(lab: Lab, tmp_path: Path) -> None:
    with lab_up(tmp_path / "other", "--tenants", "contoso") as other:
        assert not set(ports_of(lab)) & set(ports_of(other))
        assert lab.env["id"] != other.env["id"]
        for one in (lab, other):
            assert one.curl("-o", "/dev/null", "-w", "%{http_code}", ADMIN).out == "401"
        refused = other.curl("https://fabrikam-admin.sharepoint.com/")
        assert refused.code == 56


def test_a_killed_supervisor_leaves_no_listener(tmp_path: Path) -> None:
    with lab_up(tmp_path / "home") as lab:
        ports = ports_of(lab)
        processes = lab.processes()
        os.kill(lab.status["pid"], signal.SIGKILL)
        _, alive = psutil.wait_procs(processes, timeout=10)
        assert not alive
        assert not [port for port in ports if is_listening(port)]
        refused = lab.inside("true")
        assert refused.code == 7
        assert lab.run("up", "--detach").code == 0


def test_a_lab_in_the_foreground_ends_well_by_ctrl_c(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "home")
    running = subprocess.Popen(
        [*XTENANT, "lab", "up", "--home", str(lab.home), "--tenants", "contoso", "--output", "yaml"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"id: ")
    ports = ports_of(lab)
    os.killpg(running.pid, signal.SIGINT)
    running.stdout.read()
    running.stdout.close()
    assert running.wait(timeout=30) == 0
    assert not [port for port in ports if is_listening(port)] and not lab.processes()
    assert not (lab.home / "lab.json").exists()


def test_reset_empties_the_lab_and_keeps_its_ids(tmp_path: Path) -> None:
    with lab_up(tmp_path / "home", "--waiting-period", "2d", "--tenants", "contoso") as lab:
        before = lab.env
        assert lab.run("set", "-t", "contoso").json["waiting_period"] == 2 * 86_400
        lab.run("set", "-t", "contoso", "waiting_period=5d")
        lab.run("clock", "--advance", "3d")
        assert lab.run("reset").code == 0
        assert lab.env == before
        assert lab.run("set", "-t", "contoso").json["waiting_period"] == 2 * 86_400
        assert lab.run("clock").json["offset_seconds"] == 0


def test_a_port_in_use_is_said_and_nothing_stays(tmp_path: Path, lab: Lab) -> None:
    other = Lab(tmp_path / "home")
    up = other.run("up", "--detach", "--port", str(lab.tenants["contoso"]["port"]))
    assert up.code == 7 and "in use" in up.err
    assert not other.processes()


def test_without_a_lab_each_command_says_so(tmp_path: Path) -> None:
    for command in (("status",), ("env",), ("exec", "true"), ("stop", "contoso"), ("clock",)):
        done = xtenant("lab", *command[:1], "--home", str(tmp_path), *command[1:])
        assert done.code == 7, command
    assert xtenant("lab", "down", "--home", str(tmp_path)).code == 0
