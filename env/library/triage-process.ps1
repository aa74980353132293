# What a process is: who started it, since when, and with -Deep 1 what it loaded. Runs on Windows PowerShell 5.1 and PowerShell 7.
param(
  [Parameter(Mandatory)] [string]$Name,
  [int]$Days = 1,
  [bool]$Deep = $false
)
$ErrorActionPreference = 'Stop'
$plain = [IO.Path]::GetFileNameWithoutExtension($Name)
$found = @(Get-Process -Name $plain -ErrorAction SilentlyContinue)
Write-Output "$($found.Count) running: $Name"
foreach ($process in $found) {
  $path = try { $process.Path } catch { $null }
  $hash = if ($path -and (Test-Path -LiteralPath $path)) { (Get-FileHash -Algorithm SHA256 -LiteralPath $path).Hash.ToLower() } else { 'unknown' }
  Write-Output "pid $($process.Id), started $($process.StartTime.ToUniversalTime().ToString('o')), $path, SHA-256 $hash"
  if ($Deep) { foreach ($module in $process.Modules) { Write-Output "  $($module.FileName)" } }
}
if (Get-Command Get-WinEvent -ErrorAction SilentlyContinue) {
  $since = (Get-Date).AddDays(-$Days)
  $started = @(Get-WinEvent -FilterHashtable @{ LogName = 'Security'; Id = 4688; StartTime = $since } -MaxEvents 1000 -ErrorAction SilentlyContinue |
    Where-Object { $_.Message -like "*$plain*" })
  Write-Output "$($started.Count) starts logged in $Days day(s)"
}
if ($found.Count -eq 0) { exit 1 }
