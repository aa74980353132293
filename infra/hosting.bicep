// Where the image lies and where it runs.
param base string
param location string
param tags object
param appSubnetId string
param storageName string
param shareName string
param logsId string
@description('Whether the region has zones; cannot be changed later.')
param zones bool
@description('Who may pull the image: the platform, not the code.')
param pullerPrincipalId string

// Reached by its address, since `az acr build` builds there; without an admin account or anonymous pull, only by Entra identities with a role.
resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: take('lr${uniqueString(resourceGroup().id, base)}', 50)
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
  }
}

// AcrPull
resource puller 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, pullerPrincipalId, 'pull')
  properties: {
    principalId: pullerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '7f951dda-4ed3-4680-a7ca-43fe172d538d'
    )
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource hosting 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: '${base}-hosting'
  location: location
  tags: tags
  properties: {
    // Through a diagnostic setting, so that no key of the workspace is kept here.
    appLogsConfiguration: { destination: 'azure-monitor' }
    zoneRedundant: zones
    vnetConfiguration: {
      infrastructureSubnetId: appSubnetId
      internal: false
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    peerAuthentication: { mtls: { enabled: true } }
  }

  resource evidence 'storages' = {
    name: 'evidence'
    properties: {
      azureFile: {
        accountName: storage.name
        accountKey: storage.listKeys().keys[0].value
        shareName: shareName
        accessMode: 'ReadWrite'
      }
    }
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: hosting
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output domain string = hosting.properties.defaultDomain
output registryName string = registry.name
output registryServer string = registry.properties.loginServer
