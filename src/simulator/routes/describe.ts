/** Data servers, points and digital sets as the JSON objects of their controllers. */
import type { ApiContext } from '../context.ts'
import type { DataServer } from '../data-server.ts'
import type { EnumerationSet } from '../enumeration.ts'
import { formatTicksTrimmed } from '../grid.ts'
import { RawJson } from '../http/answer.ts'
import { float64Text } from '../number-text.ts'
import type { HistorianPoint } from '../point.ts'
import { encodeEnumerationSetWebId, encodePointWebId, encodeServerWebId, type WebIdType } from '../webid.ts'

export function describeServer(
  context: ApiContext,
  server: DataServer,
  baseUrl: string,
  form: WebIdType,
): Record<string, unknown> {
  const webId = encodeServerWebId(server, form)
  const self = `${baseUrl}/dataservers/${webId}`
  return {
    WebId: webId,
    Id: server.guid,
    Name: server.name,
    Path: `\\\\PIServers[${server.name}]`,
    IsConnected: server.connected,
    ServerVersion: server.version,
    ServerTime: formatTicksTrimmed(context.now()),
    Links: { Self: self, Points: `${self}/points`, EnumerationSets: `${self}/enumerationsets` },
  }
}

export function describePoint(
  server: DataServer,
  point: HistorianPoint,
  baseUrl: string,
  form: WebIdType,
): Record<string, unknown> {
  const webId = encodePointWebId(server, point, form)
  const stream = `${baseUrl}/streams/${webId}`
  return {
    WebId: webId,
    Id: point.id,
    Name: point.name,
    Path: `\\\\${server.name}\\${point.name}`,
    Descriptor: point.descriptor,
    PointClass: point.pointClass,
    PointType: point.pointType,
    DigitalSetName: point.digitalSet,
    EngineeringUnits: point.engineeringUnits,
    Span: new RawJson(float64Text(point.span)),
    Zero: new RawJson(float64Text(point.zero)),
    Step: point.step,
    Future: point.future,
    DisplayDigits: point.displayDigits,
    Links: {
      Self: `${baseUrl}/points/${webId}`,
      DataServer: `${baseUrl}/dataservers/${encodeServerWebId(server, form)}`,
      Attributes: `${baseUrl}/points/${webId}/attributes`,
      InterpolatedData: `${stream}/interpolated`,
      RecordedData: `${stream}/recorded`,
      PlotData: `${stream}/plot`,
      SummaryData: `${stream}/summary`,
      Value: `${stream}/value`,
      EndValue: `${stream}/end`,
    },
  }
}

export function describeEnumerationSet(
  server: DataServer,
  set: EnumerationSet,
  baseUrl: string,
  form: WebIdType,
): Record<string, unknown> {
  const webId = encodeEnumerationSetWebId(server, set, form)
  const self = `${baseUrl}/enumerationsets/${webId}`
  return {
    WebId: webId,
    Id: set.guid,
    Name: set.name,
    Description: set.description,
    Path: `\\\\PIServers[${server.name}]\\EnumerationSets[${set.name}]`,
    Links: {
      Self: self,
      DataServer: `${baseUrl}/dataservers/${encodeServerWebId(server, form)}`,
      Values: `${self}/enumerationvalues`,
    },
  }
}
