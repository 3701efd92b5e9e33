// One row: refetched by its id, kept current by the subscription, changed by the mutation.
import { graphql } from 'relay-runtime';

export const fragment = graphql`
  fragment deviceRow_device on GpuDevice @refetchable(queryName: "deviceRowRefetchQuery") {
    gpuUuid
    deviceStatus
    version
    node {
      nodeName
      clusterName
    }
    model {
      modelName
    }
    latestMetric {
      gpuUtilizationPct
      ageSeconds
    }
  }
`;

export const nodeFragment = graphql`
  fragment deviceRow_node on GpuNode @refetchable(queryName: "deviceRowNodeQuery") {
    nodeName
    nodeStatus
  }
`;

export const anything = graphql`
  query deviceRowAnythingQuery($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on GpuDevice {
        ...deviceRow_device
      }
      ... on GpuModel {
        modelName
      }
    }
  }
`;

export const subscription = graphql`
  subscription deviceRowSubscription($where: DeviceWhere) {
    deviceEvents(where: $where) {
      sequence
      snapshot
      devices {
        id
        ...deviceRow_device
      }
      removedDeviceIds @deleteRecord
    }
  }
`;

export const mutation = graphql`
  mutation deviceRowSetStatusMutation($input: SetDeviceStatusInput!) {
    setDeviceStatus(input: $input) {
      __typename
      ... on GpuDevice {
        id
        ...deviceRow_device
      }
      ... on Error {
        message
        code
        path
      }
    }
  }
`;
