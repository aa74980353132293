// Everything that lasts: identities, network, data, hosting, bot registration. The service itself is app.bicep, deployed after its image.
// Container Apps, because the service is one image that runs as several replicas over one PostgreSQL, is probed by /healthz and /readyz, and
// can keep the identity that pulls images and reads the vault out of the reach of its own code; App Service has no such line.
targetScope = 'resourceGroup'

@description('Ends the name of every resource; two deployments differ by it.')
@minLength(2)
@maxLength(8)
param suffix string

@description('The region of everything but the bot registration, which has none.')
param location string = resourceGroup().location

@description('What Teams shows as the name of the bot.')
param botDisplayName string = 'Live Response'

@description('Password of the database\'s first account, which the service signs in with. It is kept in the vault and nowhere else.')
@secure()
@minLength(16)
@maxLength(128)
param databasePassword string

@description('Size of the database. Its connections are counted when it is made and not again: Standard_B1ms has 35 for its users, fewer than two replicas and the two that replace them may hold.')
param databaseSku string = 'Standard_B2s'

@description('yes: two database servers in two zones; the burstable sizes cannot.')
@allowed(['yes', 'no'])
param databaseZoneRedundant string = 'no'

@description('Disk of the database in GB: it can be made larger and never smaller. A text, as all from env/.env.<name> is.')
@allowed(['32', '64', '128', '256', '512', '1024'])
param databaseStorageGb string = '32'

@description('As the server has it; raise it here when it was upgraded in the portal.')
@allowed(['16', '17'])
param databaseVersion string = '16'

@description('yes: backups of the database in the paired region as well. Chosen when the server is made.')
@allowed(['yes', 'no'])
param databaseGeoBackup string = 'no'

@description('yes: over the zones of the region, which must have some. Chosen when hosting is made.')
@allowed(['yes', 'no'])
param zones string = 'yes'

@description('yes: a vault of the same name was deleted less than 90 days ago, as with its resource group, and comes back.')
@allowed(['yes', 'no'])
param recoverVault string = 'no'

@description('Room for the evidence in GB.')
@allowed(['100', '256', '512', '1024'])
param shareGb string = '100'

@description('The network, a /20; another one where this is to be peered with a network that overlaps it.')
param networkRange string = '10.42.0.0/20'

@description('Who gets a mail when an alert fires; none: the alerts are in the portal only.')
param alertEmail string = 'none'

@description('How long logs are kept.')
@allowed(['30', '90', '180', '365', '730'])
param logDays string = '90'

@description('The Teams cloud of the people who are served.')
@allowed(['public', 'gcc', 'gccHigh', 'dod'])
param teamsCloud string = 'public'

@description('On every resource.')
param tags object = { app: 'live-response-for-teams' }

var base = toLower('lr-${suffix}')

// What the code signs in with, to Teams and to Defender: no secret exists that could be copied.
resource botIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${base}-bot'
  location: location
  tags: tags
}

// What the platform pulls the image and reads the vault with; app.bicep keeps it from the code.
resource platformIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${base}-platform'
  location: location
  tags: tags
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: '${base}-logs'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: int(logDays)
    features: { disableLocalAuth: true }
  }
}

module network 'network.bicep' = {
  name: 'network'
  params: {
    base: base
    location: location
    tags: tags
    range: networkRange
  }
}

module data 'data.bicep' = {
  name: 'data'
  params: {
    base: base
    location: location
    tags: tags
    databaseSubnetId: network.outputs.databaseSubnetId
    databaseZoneId: network.outputs.databaseZoneId
    endpointSubnetId: network.outputs.endpointSubnetId
    fileZoneId: network.outputs.fileZoneId
    vaultZoneId: network.outputs.vaultZoneId
    logsId: logs.id
    readerPrincipalId: platformIdentity.properties.principalId
    databasePassword: databasePassword
    databaseSku: databaseSku == 'Standard_B1ms'
      ? fail('Standard_B1ms has too few connections; take Standard_B2s.')
      : databaseSku
    databaseZoneRedundant: databaseZoneRedundant == 'yes'
    databaseStorageGb: int(databaseStorageGb)
    databaseVersion: databaseVersion
    databaseGeoBackup: databaseGeoBackup == 'yes'
    zones: zones == 'yes'
    recoverVault: recoverVault == 'yes'
    shareGb: int(shareGb)
  }
}

module hosting 'hosting.bicep' = {
  name: 'hosting'
  params: {
    base: base
    location: location
    tags: tags
    appSubnetId: network.outputs.appSubnetId
    storageName: data.outputs.storageName
    shareName: data.outputs.shareName
    logsId: logs.id
    pullerPrincipalId: platformIdentity.properties.principalId
    zones: zones == 'yes'
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    base: base
    location: location
    tags: tags
    logsId: logs.id
    databaseId: data.outputs.databaseId
    isBurstable: startsWith(databaseSku, 'Standard_B')
    storageId: data.outputs.storageId
    shareGb: int(shareGb)
    email: alertEmail == 'none' ? '' : alertEmail
  }
}

module bot 'bot.bicep' = {
  name: 'bot'
  params: {
    // A name in all of Azure, and not only in this group: lr-dev-bot is somebody else's.
    name: '${base}-${uniqueString(resourceGroup().id, base)}'
    tags: tags
    displayName: botDisplayName
    endpoint: 'https://${base}.${hosting.outputs.domain}/api/messages'
    identityId: botIdentity.id
    appId: botIdentity.properties.clientId
    tenantId: botIdentity.properties.tenantId
    teamsCloud: teamsCloud
  }
}

// The toolkit writes these into env/.env.<name>.
output BOT_ID string = botIdentity.properties.clientId
output BOT_TENANT_ID string = botIdentity.properties.tenantId
output BOT_OBJECT_ID string = botIdentity.properties.principalId
output BOT_ENDPOINT string = 'https://${base}.${hosting.outputs.domain}/api/messages'
output REGISTRY_NAME string = hosting.outputs.registryName
output REGISTRY_SERVER string = hosting.outputs.registryServer
output VAULT_NAME string = data.outputs.vaultName
