# The newest entries of one event log as a JSON file, for GetFile. Runs on Windows PowerShell 5.1 and PowerShell 7 on Windows.
param(
  [Parameter(Mandatory)] [ValidateSet('Security', 'System', 'Application')] [string]$Log,
  [ValidateRange(1, 5000)] [int]$Most = 500,
  [string]$Folder = 'C:\ProgramData\LiveResponse'
)
$ErrorActionPreference = 'Stop'
if (-not (Get-Command Get-WinEvent -ErrorAction SilentlyContinue)) {
  [Console]::Error.WriteLine('This device has no Windows event log.')
  exit 2
}
New-Item -ItemType Directory -Force -Path $Folder | Out-Null
$file = Join-Path $Folder "events-$Log.json"
$events = @(Get-WinEvent -LogName $Log -MaxEvents $Most | Select-Object TimeCreated, Id, ProviderName, LevelDisplayName, Message)
ConvertTo-Json -InputObject $events -Depth 3 | Set-Content -Encoding UTF8 -LiteralPath $file
Write-Output "$($events.Count) entries of $Log in $file"
