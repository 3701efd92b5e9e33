/** Every GraphQL text the page sends. */

/** Device ids are left out: `layoutVersion` says when they have to be read again. */
export const FLEET_FRAMES = /* GraphQL */ `
  subscription FleetFrames {
    fleetFrame {
      sequence
      asOf
      layoutVersion
      intervalMs
      deviceStatuses
      gpuUtilizationPct
      memoryUsedMb
      memoryTotalMb
      temperatureC
      powerDrawW
      ageMs
      collectionSources
    }
  }
`;

const DEVICE_PAGE = /* GraphQL */ `
  fragment DevicePage on GpuDeviceConnection {
    nodes {
      id
      gpuUuid
      deviceIndex
      memoryTotalMb
      powerLimitW
      node {
        nodeName
        clusterName
      }
      model {
        modelName
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
`;

export const FIRST_DEVICES = /* GraphQL */ `
  query FirstDevices($first: Int!) {
    fleetFrame {
      layoutVersion
      deviceIds
    }
    viewer {
      subject
      role
    }
    devices(first: $first) {
      ...DevicePage
    }
  }
  ${DEVICE_PAGE}
`;

export const MORE_DEVICES = /* GraphQL */ `
  query MoreDevices($first: Int!, $after: String!) {
    devices(first: $first, after: $after) {
      ...DevicePage
    }
  }
  ${DEVICE_PAGE}
`;
