import { hex, letters } from './secrets';

const guid = (seed: string): string => [8, 4, 4, 4, 12].map((length, i) => hex(length, `${seed}${i}`)).join('-');
const sid = (n: number): string =>
  `S-1-5-21-${1_004_336_348 + n}-${1_177_238_915 - n}-${682_003_330 + 7 * n}-${1_000 + n}`;

/** What triage prints, as it is printed: nothing in it is a secret, and much of it looks like one. */
const written = `
User name                    bob
Full Name                    Bob Builder
Comment                      Password of last resort is with the ISO
Account active               Yes
Account expires              Never
Password last set            1/3/2026 10:02:11
Password expires             Never
Password changeable          1/4/2026 10:02:11
Password required            Yes
User may change password     Yes
Workstations allowed         All
Last logon                   30/11/2026 09:12:44
Local Group Memberships      *Administrators       *Users
Force user logoff how long after time expires?:       Never
Minimum password age (days):                          1
Maximum password age (days):                          42
Minimum password length:                              14
Length of password history maintained:                24
Lockout threshold:                                    10
Lockout duration (minutes):                           10
The password is wrong
the password is wrong
Logon failure: unknown user name or bad password.
The user name or password is incorrect.
An Error occurred: password: expected a string
error: invalid token: unexpected end of input
msbuild app.sln /p:Configuration=Release /p:Platform=x64
dotnet publish /p:PublishProfile=Default /p:DebugType=none
net user bob /active:no
net user bob
net user /domain
net user guest /active:yes
net localgroup administrators bob /add
net use
net use Z: \\\\srv\\share /persistent:yes
The command completed successfully.
PWD=/root
OLDPWD=/home/bob
PWD=C:\\Users\\bob
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
SHELL=/bin/bash
SSH_AUTH_SOCK=/run/user/1000/keyring/ssh
XDG_SESSION_TYPE=tty
-----BEGIN CERTIFICATE-----
-----END CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
Public key: 3082010a0282010100c5
powershell.exe -NoProfile -EncodedCommand JABzAD0ATgBlAHcALQBPAGIAagBlAGMAdAAgAEkATwAuAE0AZQBtAG8AcgB5AFMAdAByAGUAYQBtAA==
powershell.exe -nop -w hidden -ExecutionPolicy Bypass -File C:\\Temp\\a.ps1
111111-222222-333333-444445-555555-666666-777777-888888
PublicKeyToken=b77a5c561934e089, processorArchitecture=MSIL
System.Data, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089
Token Elevation Type: %%1936
Elevated Token: Yes
Impersonation Level: Impersonation
Logon Process: User32
Authentication Package: Negotiate
Package Name (NTLM only): NTLM V2
Key Length: 128
Restricted Admin Mode: No
Security Package: NTLM
Transited Services: -
Target Server Name: localhost
Process Command Line: "C:\\Windows\\system32\\cmd.exe" /c whoami
Subject:
Security ID: SYSTEM
Account Name: WS-042$
Account Domain: CONTOSO
Logon ID: 0x3E7
Logon GUID: {00000000-0000-0000-0000-000000000000}
Failure Reason: Unknown user name or bad password.
Status: 0xC000006D
Sub Status: 0xC000006A
Caller Process ID: 0x0
Ticket Encryption Type: 0x12
Ticket Options: 0x40810010
Pre-Authentication Type: 2
MinimumPasswordAge = 1
MaximumPasswordAge = 42
MinimumPasswordLength = 14
PasswordComplexity = 1
PasswordHistorySize = 24
ClearTextPassword = 0
LSAAnonymousNameLookup = 0
RequireLogonToChangePassword = 0
PasswordLastSet        : 1/3/2026 10:02:11 AM
PasswordNeverExpires   : True
PasswordExpired        : False
PasswordNotRequired    : False
PasswordRequired       : True
AccountPasswordAge     : 12
UserMayChangePassword  : True
passwd:         files systemd
shadow:         files
group:          files systemd
passwd: compat
/etc/passwd:root:x:0:0:root:/root:/bin/bash
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sshd:x:104:65534::/run/sshd:/usr/sbin/nologin
root:*:19000:0:99999:7:::
bob:!:19500:0:99999:7:::
-rw-r----- 1 root shadow 1204 Nov 30 09:11 /etc/shadow
-rw-r--r-- 1 root root 2101 Nov 30 09:11 /etc/passwd
PasswordAuthentication no
PermitEmptyPasswords no
PubkeyAuthentication yes
Nov 30 09:12:44 web01 sshd[1123]: Failed password for invalid user admin from 203.0.113.9 port 40112 ssh2
Nov 30 09:12:46 web01 sshd[1123]: Accepted publickey for bob from 198.51.100.4 port 50112 ssh2: ED25519 SHA256:Zk3gq0X0Jp1m0kQmJv2r4S6t8U0w2Y4a6C8e0G2i4K6
Nov 30 09:13:01 web01 CRON[2211]: pam_unix(cron:session): session opened for user root by (uid=0)
Nov 30 09:13:02 web01 sudo:      bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/id
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0dQ8mX7kZ5vY3tR1pL9nH6jF4dS2aQ0wE8rT6yU4iO bob@ws
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vY3tR1pL9nH6jF4dS2aQ0wE8rT6yU4iO2pA9sD7fG5hJ3kL1zX8cV6bN4mQ0wE8rT6yU4iO bob@ws
256 SHA256:Zk3gq0X0Jp1m0kQmJv2r4S6t8U0w2Y4a6C8e0G2i4K6 bob@ws (ED25519)
Signer: CN=Microsoft Windows, O=Microsoft Corporation, L=Redmond, S=Washington, C=US
Verified: Signed
Entropy: 6.52
VT detection: 0/72
HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run
    SecurityHealth    REG_EXPAND_SZ    %windir%\\system32\\SecurityHealthSystray.exe
    AutoAdminLogon    REG_SZ    0
    DefaultUserName    REG_SZ    bob
    LastUsedUsername    REG_SZ    CONTOSO\\bob
    DisablePasswordChange    REG_DWORD    0x0
    PasswordExpiryWarning    REG_DWORD    0x5
    LimitBlankPasswordUse    REG_DWORD    0x1
    lmcompatibilitylevel    REG_DWORD    0x5
    NtlmMinClientSec    REG_DWORD    0x20000000
    ProductId    REG_SZ    00330-80000-00000-AA123
    SusClientId    REG_SZ    ${guid('sus')}
Windows IP Configuration
   Host Name . . . . . . . . . . . . : ws-042
   Primary Dns Suffix  . . . . . . . : contoso.com
   Physical Address. . . . . . . . . : 00-15-5D-01-2A-0B
   DHCP Enabled. . . . . . . . . . . : Yes
   IPv4 Address. . . . . . . . . . . : 10.20.4.42(Preferred)
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   DHCPv6 IAID . . . . . . . . . . . : 100668765
   DHCPv6 Client DUID. . . . . . . . : 00-01-00-01-2B-8A-11-5C-00-15-5D-01-2A-0B
Active Connections
  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1012
  TCP    10.20.4.42:49732       52.96.1.12:443         ESTABLISHED     5512
  UDP    [::]:5353              *:*                                    2212
Image Name                     PID Session Name        Session#    Mem Usage
========================= ======== ================ =========== ============
lsass.exe                      724 Services                   0     22,012 K
svchost.exe                   1012 Services                   0     14,800 K
chrome.exe                    8812 Console                    1    212,004 K
SSID                   : CorpWiFi
Profile                : CorpWiFi
Security key           : Present
Authentication         : WPA2-Personal
Cipher                 : CCMP
    Key Index              : 0
Status: OK
Caption=OK Description=Microsoft
TaskName:      \\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan
Run As User:   SYSTEM
Next Run Time: N/A
Logon Mode:    Interactive/Background
Schedule Type: On demand only
Task To Run:   %systemroot%\\system32\\usoclient.exe StartScan
Author:        Microsoft Corporation
Privilege Name                Description                          State
SeDebugPrivilege              Debug programs                       Disabled
SeImpersonatePrivilege        Impersonate a client after authentication Enabled
Mandatory Label\\High Mandatory Level                           Label            S-1-16-12288
 * Username : (null)
 * Domain   : (null)
 * Password : (null)
Volume C: [OS]
    Conversion Status:    Fully Encrypted
    Percentage Encrypted: 100.0%
    Encryption Method:    XTS-AES 128
    Protection Status:    Protection On
    Key Protectors:
        TPM
        Numerical Password
GET /index.html HTTP/1.1
Host: www.contoso.com
User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)
Accept: */*
WWW-Authenticate: Basic realm="contoso"
WWW-Authenticate: Negotiate
2026-11-30 09:12:44 10.20.4.42 GET /api/v1/items id=42&sort=name 443 - 203.0.113.9 curl/8.5.0 200 0 0 12
10.20.4.42 - - [30/Nov/2026:09:12:44 +0000] "GET /login?next=%2Fhome HTTP/1.1" 302 0
p = 0.05, n = 120
if (p == null) return;
token := strings.Split(line, ",")
const token = await getToken();
$password = Read-Host -AsSecureString
password = os.environ["DB_PASSWORD"]
password: $DB_PASSWORD
password=%DB_PASSWORD%
password: <your password>
Password: ********
Enter password:
# password policy, see wiki
key: value
secret: none
SecretName: backup-creds
secretRef: vault/backup
The secret of the vault is rotated weekly
Kerberos: ticket granting ticket renewed
#0>     Client: bob @ CONTOSO.COM
        Server: krbtgt/CONTOSO.COM @ CONTOSO.COM
        KerbTicket Encryption Type: AES-256-CTS-HMAC-SHA1-96
        Session Key Type: AES-256-CTS-HMAC-SHA1-96
        Cache Flags: 0x1 -> PRIMARY
nt authority\\system
contoso\\bob
Caching of credentials is disabled by policy
Credential Manager: 0 credentials
Directory of C:\\Users\\bob\\AppData\\Local\\Temp
30/11/2026  09:12    <DIR>          .
30/11/2026  09:12           204,800 procdump.zip
Mode                 LastWriteTime         Length Name
-a----        30/11/2026     09:12         204800 procdump.zip
Get-ChildItem : Access to the path 'C:\\Windows\\System32\\config' is denied.
    + CategoryInfo          : PermissionDenied: (C:\\Windows\\System32\\config:String) [Get-ChildItem], UnauthorizedAccessException
    + FullyQualifiedErrorId : DirUnauthorizedAccessError,Microsoft.PowerShell.Commands.GetChildItemCommand
Hash                                                                   Path
MD5     : d41d8cd98f00b204e9800998ecf8427e
SHA1    : da39a3ee5e6b4b0d3255bfef95601890afd80709
root      1123  0.0  0.1  15432  6712 ?        Ss   09:11   0:00 sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups
www-data  2211  0.1  1.2 212004 48112 ?        S    09:12   0:03 php-fpm: pool www
tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=1123,fd=3))
kernel.randomize_va_space = 2
net.ipv4.ip_forward = 0
cryptsetup luksDump: Key Slot 0: ENABLED
`
  .split('\n')
  .filter((line) => line !== '');

const made = Array.from({ length: 90 }, (_, i): readonly string[] => {
  const seed = `o${i}`;
  return [
    `SHA256          ${hex(64, seed).toUpperCase()}       C:\\Windows\\System32\\drv${i}.sys`,
    `${hex(32, seed)}  /usr/lib/lib${i}.so`,
    `${hex(32, seed)}:${hex(40, seed)}`,
    `IMPHASH=${hex(32, `${seed}i`).toUpperCase()}`,
    `Hashes: MD5=${hex(32, seed)},SHA256=${hex(64, seed)},IMPHASH=${hex(32, `${seed}h`)}`,
    `{${guid(seed)}}  Service ${i}`,
    `Id: ${guid(`${seed}x`)}`,
    `BUILTIN\\Group${i}   Alias   ${sid(i)}`,
    `Thumbprint : ${hex(40, `${seed}t`).toUpperCase()}`,
    `  TCP    10.20.4.42:${49_000 + i}       52.96.1.${i}:443         ESTABLISHED     ${4_000 + i}`,
    `svchost.exe                   ${1_000 + i} Services                   0     ${10 + i},012 K`,
    `Nov 30 09:${10 + (i % 50)}:44 web01 kernel: [ ${i}.123456] usb 1-${i}: new device found, idVendor=0951`,
    `-rwxr-xr-x 1 root root ${1_000 + i * 17} Nov 30 09:11 /usr/bin/tool${i}`,
    `${letters(24, seed)}.dll loaded at 0x${hex(12, seed)}`,
    `EventID: ${4_600 + i} TimeCreated: 2026-11-30T09:${10 + (i % 50)}:44.123Z ProcessId: ${i} ActivityID: {${guid(`${seed}a`)}}`,
    `C:\\Users\\user${i}\\AppData\\Local\\Microsoft\\Windows\\INetCache\\IE\\${letters(8, seed).toUpperCase()}\\x.js`,
  ];
}).flat();

/** Every line by itself; no two are the same. */
export const ordinaryLines: readonly string[] = [...new Set([...written, ...made])];
