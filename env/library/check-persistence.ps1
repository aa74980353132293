# Where a file is named by something that starts by itself. Runs on Windows PowerShell 5.1 and PowerShell 7; what a device does not have is said.
param(
  [Parameter(Mandatory)] [string]$File,
  [string]$Sha256 = ''
)
$ErrorActionPreference = 'Stop'
$hits = 0
function Show([string]$Where, [string]$What) {
  if ($What -like "*$File*") {
    $script:hits++
    Write-Output "${Where}: $What"
  }
}
if (Get-PSDrive -Name HKLM -ErrorAction SilentlyContinue) {
  foreach ($key in 'HKLM:\Software\Microsoft\Windows\CurrentVersion\Run', 'HKLM:\Software\Microsoft\Windows\CurrentVersion\RunOnce') {
    $entry = Get-Item -LiteralPath $key -ErrorAction SilentlyContinue
    foreach ($name in @($entry.Property)) { Show $key "$name = $($entry.GetValue($name))" }
  }
}
else { Write-Output 'No registry on this device.' }
if (Get-Command Get-CimInstance -ErrorAction SilentlyContinue) {
  foreach ($service in Get-CimInstance -ClassName Win32_Service) { Show 'service' "$($service.Name) = $($service.PathName)" }
}
if (Get-Command Get-ScheduledTask -ErrorAction SilentlyContinue) {
  foreach ($task in Get-ScheduledTask) { foreach ($action in $task.Actions) { Show 'task' "$($task.TaskName) = $($action.Execute) $($action.Arguments)" } }
}
if ($Sha256 -ne '' -and (Get-Command $File -ErrorAction SilentlyContinue)) {
  $same = (Get-FileHash -Algorithm SHA256 -LiteralPath (Get-Command $File).Source).Hash -eq $Sha256
  Write-Output "The file in the path has that SHA-256: $same"
}
Write-Output "$hits found for $File"
