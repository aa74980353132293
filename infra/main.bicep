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
param databasePassword string

@description('Size of the database; the smallest serves thousands of requests a day.')
param databaseSku string = 'Standard_B1ms'

@description('Two database servers in two zones; the burstable sizes cannot.')
param databaseZoneRedundant bool = false

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param logDays int = 90

@description('The Teams cloud of the people who are served.')
@allowed(['public', 'gcc', 'gccHigh', 'dod'])
param teamsCloud string = 'public'

@description('On every resource.')
param tags object = { app: 'live-response-for-teams' }

var base = 'lr-${suffix}'

// What the code signs in with, to Teams and to Defender: no secret exists that could be copied.
resource botIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${base}-bot'
  location: location
  tags: tags
}

// What the platform pulls the image and reads the vault with; app.bicep keeps it from the code.
resource platformIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${base}-platform'
  location: location
  tags: tags
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${base}-logs'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logDays
    features: { disableLocalAuth: true }
  }
}

module network 'network.bicep' = {
  name: 'network'
  params: {
    base: base
    location: location
    tags: tags
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
    databaseSku: databaseSku
    databaseZoneRedundant: databaseZoneRedundant
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
  }
}

module bot 'bot.bicep' = {
  name: 'bot'
  params: {
    name: '${base}-bot'
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
output VAULT_NAME string = data.outputs.vaultName
