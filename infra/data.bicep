// The database, the file share for evidence, and the vault for the one secret there is: the address of the database with its password.
param base string
param location string
param tags object
param databaseSubnetId string
param databaseZoneId string
param endpointSubnetId string
param fileZoneId string
param vaultZoneId string
param logsId string
@description('Who may read the vault: the platform, not the code.')
param readerPrincipalId string
@secure()
param databasePassword string
param databaseSku string
param databaseZoneRedundant bool
param databaseStorageGb int
param databaseVersion string
param databaseGeoBackup bool
@description('Whether the region has zones.')
param zones bool
@description('True: a vault of this name was deleted less than 90 days ago, and comes back.')
param recoverVault bool
param shareGb int

var unique = uniqueString(resourceGroup().id, base)
var account = 'live_response'

resource database 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: '${base}-${unique}'
  location: location
  tags: tags
  sku: {
    name: databaseSku
    tier: startsWith(databaseSku, 'Standard_B')
      ? 'Burstable'
      : startsWith(databaseSku, 'Standard_E') ? 'MemoryOptimized' : 'GeneralPurpose'
  }
  properties: {
    version: databaseVersion
    administratorLogin: account
    administratorLoginPassword: databasePassword
    authConfig: {
      activeDirectoryAuth: 'Disabled'
      passwordAuth: 'Enabled'
    }
    storage: {
      // Not by itself: a disk that has grown cannot be deployed at its old size again. alerts.bicep tells in time.
      storageSizeGB: databaseStorageGb
      autoGrow: 'Disabled'
    }
    backup: {
      backupRetentionDays: 35
      geoRedundantBackup: databaseGeoBackup ? 'Enabled' : 'Disabled'
    }
    highAvailability: { mode: databaseZoneRedundant ? 'ZoneRedundant' : 'Disabled' }
    // Azure's own updates: Sunday, 03:00 of the region.
    maintenanceWindow: {
      customWindow: 'Enabled'
      dayOfWeek: 0
      startHour: 3
      startMinute: 0
    }
    network: {
      publicNetworkAccess: 'Disabled'
      delegatedSubnetResourceId: databaseSubnetId
      privateDnsZoneArmResourceId: databaseZoneId
    }
  }

  resource live 'databases' = {
    name: 'live_response'
    properties: {
      charset: 'UTF8'
      collation: 'en_US.utf8'
    }
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: take('lr${replace(base, '-', '')}${unique}', 24)
  location: location
  tags: tags
  sku: { name: zones ? 'Standard_ZRS' : 'Standard_LRS' }
  kind: 'StorageV2'
  properties: {
    publicNetworkAccess: 'Disabled'
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Container Apps mounts a share with the account's key and in no other way; nobody reaches the account from outside the network.
    allowSharedKeyAccess: true
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
    }
  }

  resource files 'fileServices' = {
    name: 'default'
    properties: {
      shareDeleteRetentionPolicy: {
        enabled: true
        days: 30
      }
    }

    resource evidence 'shares' = {
      name: 'evidence'
      properties: { shareQuota: shareGb }
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: take('lr${unique}', 24)
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    createMode: recoverVault ? 'recover' : 'default'
    sku: {
      family: 'A'
      name: 'standard'
    }
    publicNetworkAccess: 'Disabled'
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'None'
    }
  }

  resource databaseUrl 'secrets' = {
    name: 'database-url'
    properties: {
      value: 'postgres://${account}:${uriComponent(databasePassword)}@${database.properties.fullyQualifiedDomainName}:5432/live_response?sslmode=verify-full'
    }
  }
}

// Key Vault Secrets User
resource vaultReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, readerPrincipalId, 'secrets-user')
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '4633458b-17de-408a-b874-0445c86b69e6'
    )
  }
}

var privateParts = [
  { name: 'file', id: storage.id, zone: fileZoneId }
  { name: 'vault', id: vault.id, zone: vaultZoneId }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for part in privateParts: {
    name: '${base}-${part.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: endpointSubnetId }
      privateLinkServiceConnections: [
        {
          name: part.name
          properties: {
            privateLinkServiceId: part.id
            groupIds: [part.name]
          }
        }
      ]
    }
  }
]

resource endpointNames 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (part, i) in privateParts: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: part.name
          properties: { privateDnsZoneId: part.zone }
        }
      ]
    }
  }
]

// Who read the secret, and when.
resource vaultLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

// Who signed in to the database, and what it refused.
resource databaseLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: database
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

// Who read or changed the evidence on the share.
resource shareLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: storage::files
  name: 'logs'
  properties: {
    workspaceId: logsId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

output databaseId string = database.id
output storageId string = storage.id
output storageName string = storage.name
output shareName string = storage::files::evidence.name
output vaultName string = vault.name
