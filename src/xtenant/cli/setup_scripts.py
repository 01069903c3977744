"""The scripts that `xtenant setup app` prints: plain text for an administrator to read and run, never run here.

Ids of permissions are looked up in the tenant by their names, so that no id can be wrong. Plain hyphens and single quotes only.
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain.consents import Api, Consent

_DELEGATED = {"Sites.FullControl.All": "AllSites.FullControl"}


def names_of(consents: Sequence[Consent], api: Api, *, delegated: bool) -> list[str]:
    """The permissions of one API by the names it has for them."""
    names = [each.name for each in consents if each.api is api]
    return [_DELEGATED.get(name, name) for name in names] if delegated else names


def graph_script(name: str, consents: Sequence[Consent], *, delegated: bool) -> str:
    """For Microsoft Graph PowerShell: registers the app and grants its application permissions."""
    apis = [api for api in Api if names_of(consents, api, delegated=delegated)]
    kind, listed = ("Scope", "Oauth2PermissionScopes") if delegated else ("Role", "AppRoles")
    lines = [
        f"# Registers '{name}' and asks for the permissions below. Read it first; it writes to your tenant.",
        "# Needs: Install-Module Microsoft.Graph; Application Administrator, and Global Administrator for the consent.",
        "# To undo: Remove-MgApplication -ApplicationId $app.Id",
        "$ErrorActionPreference = 'Stop'",
        "Connect-MgGraph -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'",
        "$wanted = @{",
        *(f"    '{api.app_id}' = @({_quoted(names_of(consents, api, delegated=delegated))})" for api in apis),
        "}",
        "$access = foreach ($id in $wanted.Keys) {",
        "    $api = Get-MgServicePrincipal -Filter \"appId eq '$id'\"",
        "    $found = foreach ($one in $wanted[$id]) {",
        f"        $match = $api.{listed} | Where-Object Value -eq $one",
        '        if (-not $match) { throw "$($api.DisplayName) has no permission $one." }',
        f"        @{{ Id = $match.Id; Type = '{kind}' }}",
        "    }",
        "    @{ ResourceAppId = $id; ResourceAccess = @($found) }",
        "}",
        f"$app = New-MgApplication -DisplayName '{name}' -SignInAudience 'AzureADMyOrg' -RequiredResourceAccess @($access)",
    ]
    lines += _graph_ending(delegated=delegated)
    return "\n".join(lines) + "\n"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _graph_ending(*, delegated: bool) -> list[str]:
    if delegated:
        return [
            "Update-MgApplication -ApplicationId $app.Id -IsFallbackPublicClient:$true",
            "New-MgServicePrincipal -AppId $app.AppId | Out-Null",
            'Write-Host "Client id: $($app.AppId). Now: API permissions, Grant admin consent."',
        ]
    return [
        "# the public half of the certificate only; app.pem with the private key stays where it is",
        "$pem = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 (Resolve-Path 'app.crt').Path",
        "$key = @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $pem.RawData }",
        "Update-MgApplication -ApplicationId $app.Id -KeyCredentials @($key)",
        "$own = New-MgServicePrincipal -AppId $app.AppId",
        "# the consent: one assignment for each permission",
        "foreach ($entry in $access) {",
        "    $api = Get-MgServicePrincipal -Filter \"appId eq '$($entry.ResourceAppId)'\"",
        "    foreach ($one in $entry.ResourceAccess) {",
        "        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $own.Id -PrincipalId $own.Id "
        "-ResourceId $api.Id -AppRoleId $one.Id | Out-Null",
        "    }",
        "}",
        'Write-Host "Client id: $($app.AppId). Tenant id: $((Get-MgContext).TenantId)"',
    ]


def az_script(name: str, consents: Sequence[Consent], *, delegated: bool) -> str:
    """For the Azure CLI in a shell."""
    kind, listed = ("Scope", "oauth2PermissionScopes") if delegated else ("Role", "appRoles")
    public = "--is-fallback-public-client true" if delegated else ""
    lines = [
        "#!/bin/sh",
        f"# Registers '{name}' and asks for the permissions below. Read it first; it writes to your tenant.",
        '# Needs: az login, as Application Administrator; Global Administrator for the consent. To undo: az ad app delete --id "$APP"',
        "set -eu",
        f"APP=$(az ad app create --display-name '{name}' --sign-in-audience AzureADMyOrg {public} --query appId -o tsv)".replace(
            "  ", " "
        ),
        'az ad sp create --id "$APP" > /dev/null',
        "permission() {",
        f'  id=$(az ad sp show --id "$1" --query "{listed}[?value==\'$2\'].id | [0]" -o tsv)',
        '  [ -n "$id" ] || { echo "There is no permission $2." >&2; exit 1; }',
        f'  az ad app permission add --id "$APP" --api "$1" --api-permissions "$id={kind}"',
        "}",
    ]
    for api in Api:
        lines += [f"permission {api.app_id} {one}" for one in names_of(consents, api, delegated=delegated)]
    if not delegated:
        lines.append('az ad app credential reset --id "$APP" --cert @app.crt --append > /dev/null')
    lines += ['az ad app permission admin-consent --id "$APP"', 'echo "Client id: $APP"']
    return "\n".join(lines) + "\n"


def certificate_script(name: str) -> str:
    """For openssl: a key and a certificate of a year, together in app.pem for `xtenant connect`, app.crt for the tenant."""
    return "\n".join(
        [
            "#!/bin/sh",
            "set -eu",
            "umask 077",
            f"openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 365 -subj '/CN={name}' -keyout app.key -out app.crt",
            "cat app.key app.crt > app.pem",
            "rm app.key",
            "echo 'Upload app.crt to the app registration; give app.pem to xtenant connect.'",
            "",
        ]
    )
