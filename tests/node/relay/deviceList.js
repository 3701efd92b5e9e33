// What a Relay client would write over this schema; compiled, never run.
import { graphql } from 'relay-runtime';

export const query = graphql`
  query deviceListQuery($first: Int!) {
    ...deviceList_fleet @arguments(first: $first)
    viewer {
      subject
      role
    }
  }
`;

export const fragment = graphql`
  fragment deviceList_fleet on Query
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 100 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
    where: { type: "DeviceWhere" }
  )
  @refetchable(queryName: "deviceListPaginationQuery") {
    devices(first: $first, after: $after, last: $last, before: $before, where: $where)
      @connection(key: "deviceList_devices", filters: ["where"]) {
      totalCount
      edges {
        node {
          ...deviceRow_device
        }
      }
    }
  }
`;

export const nodes = graphql`
  fragment deviceList_nodes on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 100 }, after: { type: "String" })
  @refetchable(queryName: "deviceListNodesQuery") {
    gpuNodes(first: $first, after: $after) @connection(key: "deviceList_gpuNodes") {
      edges {
        node {
          nodeName
        }
      }
    }
  }
`;

export const models = graphql`
  fragment deviceList_models on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 100 }, after: { type: "String" })
  @refetchable(queryName: "deviceListModelsQuery") {
    gpuModels(first: $first, after: $after) @connection(key: "deviceList_gpuModels") {
      edges {
        node {
          modelName
        }
      }
    }
  }
`;
