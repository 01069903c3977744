# ---- xtenant prologue 1: the same in every script; the steps stand below it -------------------------------------------------
#   Needs Windows PowerShell 5.1 or PowerShell 7 with the module Microsoft.Online.SharePoint.PowerShell, and for cmdlets with
#   Xt in their names Microsoft.Graph.Authentication. Nothing runs before the whole file was read without an error.
#   Each step's result is added to a file beside this one: NAME.results.jsonl. No password is shown or kept.
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'

function Connect-XtGraph {
    param([Parameter(Mandatory = $true)][string]$TenantId)
    $scopes = @('User.ReadWrite.All', 'Group.ReadWrite.All', 'User.Invite.All', 'LicenseAssignment.ReadWrite.All', 'Sites.ReadWrite.All')
    Connect-MgGraph -TenantId $TenantId -Scopes $scopes -NoWelcome
    if ((Get-MgContext).TenantId -ne $TenantId) { throw "Graph is signed in to the tenant $((Get-MgContext).TenantId), not to $TenantId." }
}

function Invoke-XtGraph {
    param([string]$Method, [string]$Uri, $Body = $null)
    $given = @{ Method = $Method; Uri = $Uri; OutputType = 'PSObject' }
    if ($null -ne $Body) {
        $given.Body = (ConvertTo-Json -InputObject $Body -Depth 6 -Compress)
        $given.ContentType = 'application/json; charset=utf-8'
    }
    Invoke-MgGraphRequest @given
}

function ConvertTo-XtFilter {
    param([string]$Field, [string]$Value)
    [uri]::EscapeDataString($Field + " eq '" + $Value.Replace("'", "''") + "'")
}

function Find-XtUser {
    param([string]$Name, [string]$Select = 'id,userPrincipalName,accountEnabled,assignedLicenses,onPremisesExtensionAttributes')
    try {
        return Invoke-XtGraph -Method 'GET' -Uri ('v1.0/users/' + [uri]::EscapeDataString($Name) + '?$select=' + $Select)
    } catch {
        if ($_.Exception.Message -notmatch 'NotFound|ResourceNotFound|404') { throw }
    }
    if ($Name.Contains('@')) {
        $found = @((Invoke-XtGraph -Method 'GET' -Uri ('v1.0/users?$filter=' + (ConvertTo-XtFilter 'mail' $Name) + '&$select=' + $Select)).value)
        if ($found.Count -ge 1) { return $found[0] }
    }
    return $null
}

function Find-XtGroup {
    param([string]$Name)
    $id = [guid]::Empty
    if ([guid]::TryParse($Name, [ref]$id)) { return Invoke-XtGraph -Method 'GET' -Uri "v1.0/groups/$id" }
    $found = @((Invoke-XtGraph -Method 'GET' -Uri ('v1.0/groups?$filter=' + (ConvertTo-XtFilter 'mailNickname' $Name))).value)
    if ($found.Count -eq 0) { throw "There is no group '$Name'." }
    if ($found.Count -gt 1) { throw "$($found.Count) groups have the alias '$Name'." }
    return $found[0]
}

function New-XtPassword {
    $bytes = New-Object byte[] 24
    $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
    try { $random.GetBytes($bytes) } finally { $random.Dispose() }
    [Convert]::ToBase64String($bytes) + 'aA1!'
}

function New-XtUser {
    param(
        [Parameter(Mandatory = $true)][string]$UserPrincipalName,
        [Parameter(Mandatory = $true)][string]$DisplayName,
        [Parameter(Mandatory = $true)][string]$UsageLocation,
        [ValidateSet('Blocked', 'Allowed')][string]$SignIn = 'Blocked'
    )
    $body = @{
        accountEnabled                = ($SignIn -eq 'Allowed')
        displayName                   = $DisplayName
        mailNickname                  = $UserPrincipalName.Split('@')[0]
        userPrincipalName             = $UserPrincipalName
        usageLocation                 = $UsageLocation
        passwordProfile               = @{ password = (New-XtPassword); forceChangePasswordNextSignIn = $true }
        onPremisesExtensionAttributes = @{ extensionAttribute15 = 'xtenant:people' }
    }
    (Invoke-XtGraph -Method 'POST' -Uri 'v1.0/users' -Body $body).id
}

function Enable-XtUser {
    param([Parameter(Mandatory = $true)][string]$User)
    $account = Find-XtUser $User
    if ($null -eq $account) { throw "There is no account '$User'." }
    if ($account.onPremisesExtensionAttributes.extensionAttribute15 -ne 'xtenant:people') { throw "'$User' was not created by xtenant and is left as it is." }
    if (-not $account.accountEnabled) { Invoke-XtGraph -Method 'PATCH' -Uri "v1.0/users/$($account.id)" -Body @{ accountEnabled = $true } | Out-Null }
    $account.id
}

function New-XtInvitation {
    param([Parameter(Mandatory = $true)][string]$Mail, [string]$DisplayName = '')
    $body = @{ invitedUserEmailAddress = $Mail; inviteRedirectUrl = 'https://myapps.microsoft.com/'; sendInvitationMessage = $false }
    if ($DisplayName) { $body.invitedUserDisplayName = $DisplayName }
    (Invoke-XtGraph -Method 'POST' -Uri 'v1.0/invitations' -Body $body).invitedUser.id
}

function New-XtGroup {
    param(
        [Parameter(Mandatory = $true)][ValidateSet('Unified', 'Security')][string]$Kind,
        [Parameter(Mandatory = $true)][string]$DisplayName,
        [Parameter(Mandatory = $true)][string]$Alias,
        [ValidateSet('Private', 'Public')][string]$Visibility = 'Private',
        [string]$Owner = ''
    )
    $body = @{
        displayName     = $DisplayName
        mailNickname    = $Alias
        description     = 'Made for a move between tenants (xtenant:people)'
        mailEnabled     = $false
        securityEnabled = $true
    }
    if ($Kind -eq 'Unified') {
        $body.groupTypes = @('Unified')
        $body.resourceBehaviorOptions = @('ProvisionSiteOnDemand')
        $body.visibility = $Visibility
    }
    if ($Owner) {
        $account = Find-XtUser $Owner
        if ($null -eq $account) { throw "There is no account '$Owner'." }
        $body['owners@odata.bind'] = @("https://graph.microsoft.com/v1.0/users/$($account.id)")
    }
    try {
        (Invoke-XtGraph -Method 'POST' -Uri 'beta/groups' -Body $body).id
    } catch {
        if ($Kind -ne 'Unified' -or $_.Exception.Message -notmatch 'BadRequest|400' -or $_.Exception.Message -match 'ObjectConflict') { throw }
        $body.mailEnabled = $true
        (Invoke-XtGraph -Method 'POST' -Uri 'beta/groups' -Body $body).id
    }
}

function Add-XtMember {
    param(
        [Parameter(Mandatory = $true)][string]$Group,
        [Parameter(Mandatory = $true)][string]$Member,
        [ValidateSet('Member', 'Owner')][string]$As = 'Member'
    )
    $place = Find-XtGroup $Group
    $who = Find-XtUser $Member
    if ($null -eq $who) { $who = Find-XtGroup $Member }
    $noun = $As.ToLowerInvariant() + 's'
    try {
        Invoke-XtGraph -Method 'POST' -Uri ("v1.0/groups/$($place.id)/$noun/" + '$ref') -Body @{ '@odata.id' = "https://graph.microsoft.com/v1.0/directoryObjects/$($who.id)" } | Out-Null
    } catch {
        if ("$($_.Exception.Message) $($_.ErrorDetails)" -notmatch 'already exist') { throw }
    }
    $who.id
}

function Set-XtLicence {
    param([Parameter(Mandatory = $true)][string]$User, [Parameter(Mandatory = $true)][string]$Sku)
    $account = Find-XtUser $User
    if ($null -eq $account) { throw "There is no account '$User'." }
    $found = @((Invoke-XtGraph -Method 'GET' -Uri 'v1.0/subscribedSkus').value | Where-Object { $_.skuId -eq $Sku -or $_.skuPartNumber -eq $Sku })
    if ($found.Count -eq 0) { throw "The tenant has not subscribed to '$Sku'." }
    if (@($account.assignedLicenses | ForEach-Object { $_.skuId }) -notcontains $found[0].skuId) {
        $body = @{ addLicenses = @(@{ skuId = $found[0].skuId; disabledPlans = @() }); removeLicenses = @() }
        Invoke-XtGraph -Method 'POST' -Uri "v1.0/users/$($account.id)/assignLicense" -Body $body | Out-Null
    }
    $account.id
}

function Rename-XtItem {
    param(
        [Parameter(Mandatory = $true)][string]$Site,
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true)][string]$NewName
    )
    $address = [uri]$Site
    $below = $address.AbsolutePath.TrimEnd('/')
    if ($below) { $below = ':' + $below }
    $place = Invoke-XtGraph -Method 'GET' -Uri ('v1.0/sites/' + $address.Host + $below)
    $library, $names = $Path.Trim('/').Split('/')
    if ($null -eq $names) { throw "'$Path' names no file or folder in a library." }
    $drive = @((Invoke-XtGraph -Method 'GET' -Uri "v1.0/sites/$($place.id)/drives").value | Where-Object { [uri]::UnescapeDataString($_.webUrl).TrimEnd('/').Split('/')[-1] -eq $library })
    if ($drive.Count -ne 1) { throw "There is no library '$library' in $Site." }
    $inner = (@($names) | ForEach-Object { [uri]::EscapeDataString($_) }) -join '/'
    $item = Invoke-XtGraph -Method 'GET' -Uri ("v1.0/drives/$($drive[0].id)/root:/" + $inner)
    (Invoke-XtGraph -Method 'PATCH' -Uri "v1.0/drives/$($drive[0].id)/items/$($item.id)" -Body @{ name = $NewName }).id
}

function Invoke-XtSteps {
    param([scriptblock]$Steps, [string]$Results)
    $sha = [System.Security.Cryptography.SHA256]::Create()
    $utf8 = New-Object System.Text.UTF8Encoding $false
    $form = [System.Globalization.CultureInfo]::InvariantCulture
    $plan = ''; $step = ''; $failed = 0
    Set-Location -LiteralPath (Split-Path -Parent $Results)
    [Environment]::CurrentDirectory = (Get-Location).ProviderPath
    foreach ($line in ($Steps.ToString() -split "`r?`n")) {
        if ($line -cmatch '^# xt-plan (\S+)$') { $plan = $Matches[1]; continue }
        if ($line -cmatch '^# xt (\S+)$') { $step = $Matches[1]; continue }
        if ($line -eq '' -or $line.StartsWith('#')) { continue }
        $hash = -join ($sha.ComputeHash($utf8.GetBytes($line)) | ForEach-Object { $_.ToString('x2') })
        $started = [DateTime]::UtcNow; $ok = $true; $text = ''; $output = ''
        Write-Host $line
        try { $output = (& ([scriptblock]::Create($line)) 2>&1 | Out-String -Width 500).Trim() }
        catch { $ok = $false; $failed += 1; $text = $_.Exception.Message; Write-Host $text }
        if ($output.Length -gt 4000) { $output = $output.Substring(0, 4000) }
        if ($text.Length -gt 4000) { $text = $text.Substring(0, 4000) }
        $row = [ordered]@{
            plan_id = $plan; step = $step; sha256_of_line = $hash
            started = $started.ToString('yyyy-MM-ddTHH:mm:ssZ', $form); ended = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', $form)
            ok = $ok; error_text = $text; output = $output
        }
        [System.IO.File]::AppendAllText($Results, (ConvertTo-Json -InputObject $row -Compress) + "`n", $utf8)
        if (-not $ok -and $line.StartsWith('Connect-')) { break }
    }
    Write-Host "$failed step(s) failed. Results: $Results"
}

$XtSteps = {
# ---- xtenant steps ----------------------------------------------------------------------------------------------------------
