using System.Text;
using System.Text.Json;
using Consort.Data.Schemas;
using Consort.Server.Inference;
using Consort.Server.Metrics;
using Consort.Server.Registry;
using Consort.Server.Scoring;
using Microsoft.AspNetCore.Http;

namespace Consort.Server.Http;

/// <summary>What is served: metadata, versions and labels, and changes of them.</summary>
internal sealed class ModelEndpoints(ModelRegistry registry, RequestGate gate, ServerMetrics metrics, Limits limits, int examples, Action<ReloadResult> log) : IDisposable
{
    private readonly SemaphoreSlim _reloading = new(1, 1);

    public void Dispose() => _reloading.Dispose();

    public void WriteServer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", "consort");
        json.WriteString("version", InferenceServer.Version);
        json.WriteStartArray("extensions");
        json.WriteStringValue("binary_tensor_data");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The protocol's metadata of a model.</summary>
    public ValueTask Metadata(HttpContext context, RouteValues values)
    {
        var model = registry.Find(values.Model);
        using var lease = model.Lease(values.Version);
        var fields = lease.Version.Fields;
        return Answers.Send(context.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", model.Name);
            json.WriteStartArray("versions");
            foreach (var version in values.Version is null ? model.State.Versions.Select(v => v.Name) : [lease.Version.Name])
                json.WriteStringValue(version);
            json.WriteEndArray();
            json.WriteString("platform", InferenceServer.Platform);
            json.WriteStartArray("inputs");
            for (var field = 0; field < fields.Names.Count; field++)
                WriteTensor(json, fields.Names[field], TensorInput.TypeOf(fields.Kinds[field]));
            json.WriteEndArray();
            json.WriteStartArray("outputs");
            WriteTensor(json, InferRequest.Output, "FP32");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    // Loading reads the whole package; the requests that are scored meanwhile keep their threads. One at a time: many who ask at once
    // would each hold a thread and wait for the same.
    private async Task<ReloadResult> Reload(ServedModel model, string? wanted, CancellationToken given)
    {
        if (!await _reloading.WaitAsync(limits.Timeout, given))
            throw RequestException.Reloading();
        try
        {
            return await Task.Factory.StartNew(() => model.Reload(wanted), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Whether a version can be used.</summary>
    public ValueTask Ready(HttpContext context, RouteValues values)
    {
        using var lease = registry.Find(values.Model).Lease(values.Version);
        return Answers.Send(context.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", lease.Version.Model);
            json.WriteString("version", lease.Version.Name);
            json.WriteBoolean("ready", true);
            json.WriteEndObject();
        });
    }

    /// <summary>All models with their versions and labels.</summary>
    public ValueTask List(HttpContext context, RouteValues values) => Answers.Send(context.Response, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var model in registry.Models)
        {
            json.WriteStartObject();
            WriteModel(json, model);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A model with its versions and labels and the fields that it reads.</summary>
    public ValueTask Describe(HttpContext context, RouteValues values)
    {
        var model = registry.Find(values.Model);
        using var lease = model.Lease(null);
        return Answers.Send(context.Response, json =>
        {
            json.WriteStartObject();
            WriteModel(json, model);
            json.WriteStartArray("fields");
            var (fields, encoder) = (lease.Version.Fields, lease.Scorer.Encoder);
            for (var i = 0; i < fields.Names.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("name", fields.Names[i]);
                json.WriteString("kind", fields.Kinds[i] == FieldKind.Numeric ? "numeric" : "categorical");
                var field = encoder.Schema.Fields.First(f => f.Name == fields.Names[i]);
                var column = encoder.Space.Categorical.FirstOrDefault(c => c.Name == field.Name);
                // Only what has a vocabulary of its own has tokens that may be sent.
                if (examples > 0 && column is not null && field.Kind == FieldKind.Categorical && field.Transform.Kind == TransformKind.None && field.Derive.Count == 0)
                {
                    json.WriteStartArray("examples");
                    for (var id = 2; id < Math.Min(column.Size, 2 + examples); id++)
                        json.WriteStringValue(encoder.Token(column.Offset + id));
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>Looks at the packages of a model again, or at one: <c>{"version": "4"}</c>. Names of files are never taken from a request.</summary>
    public async ValueTask Reload(HttpContext context, RouteValues values)
    {
        var model = registry.Find(values.Model);
        var wanted = await Text(context.Request, "version");
        if (wanted is not null && !ModelSource.IsName(wanted))
            throw new RequestException(400, $"version {RequestException.Show(wanted)}: {ModelSource.Expected}");
        var result = await Reload(model, wanted, context.RequestAborted);
        metrics.AddReload(result);
        log(result);
        if (result.Failed.Count > 0)
            throw new RequestException(422, $"nothing was replaced for {string.Join("; ", result.Failed.Select(f => $"{f.Key}: {FileName(f.Value)}"))}");
        await Answers.Send(context.Response, json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            WriteNames(json, "loaded", result.Loaded);
            WriteNames(json, "removed", result.Removed);
            WriteNames(json, "versions", model.State.Versions.Select(v => v.Name));
            json.WriteEndObject();
        });

        // Where packages lie on the server is nobody's business beyond it.
        string FileName(string mistake) => mistake.Replace(Path.GetDirectoryName(Path.GetFullPath(model.SourcePath)) + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
    }

    /// <summary>Lets a label stand for a version: <c>{"version": "4"}</c>.</summary>
    public async ValueTask SetLabel(HttpContext context, RouteValues values)
    {
        var model = registry.Find(values.Model);
        var version = await Text(context.Request, "version") ?? throw new RequestException(400, "found no version, expected {\"version\": \"…\"}");
        model.SetLabel(values.Version!, version);
        await SendLabels(context, model);
    }

    /// <summary>Takes a label away.</summary>
    public ValueTask DeleteLabel(HttpContext context, RouteValues values)
    {
        var model = registry.Find(values.Model);
        model.SetLabel(values.Version!, null);
        return SendLabels(context, model);
    }

    private static ValueTask SendLabels(HttpContext context, ServedModel model) => Answers.Send(context.Response, json =>
    {
        json.WriteStartObject();
        WriteModel(json, model);
        json.WriteEndObject();
    });

    private async ValueTask<string?> Text(HttpRequest request, string key)
    {
        var buffers = gate.Rent();
        try
        {
            await HttpEndpoints.Read(request, buffers, limits);
            return buffers.BodyLength == 0 ? null : Text(buffers.Body.Span, key);
        }
        finally
        {
            gate.Return(buffers);
        }
    }

    private string? Text(ReadOnlySpan<byte> body, string key)
    {
        BodyText.Check(body, limits);
        var reader = new Utf8JsonReader(body, limits.Json);
        string? text = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RequestException(400, $"found {RowReader.Kind(reader.TokenType)}, expected an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals(key) || text is not null)
                throw new RequestException(400, $"found {RequestException.Show(reader.ValueSpan)}, expected {key} once");
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number)
                throw new RequestException(400, $"{key}: found a number, expected a string: \"{Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 60)])}\" in quotes");
            if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
                throw new RequestException(400, $"{key}: found {RowReader.Kind(reader.TokenType)}, expected a string without escapes");
            text = reader.GetString();
        }

        reader.Read();
        return text;
    }

    private static void WriteModel(Utf8JsonWriter json, ServedModel model)
    {
        var state = model.State;
        json.WriteString("name", model.Name);
        json.WriteStartArray("versions");
        foreach (var version in state.Versions)
        {
            if (!version.TryLease(out var lease))
                continue;
            using (lease)
            {
                var package = lease.Scorer.Package;
                json.WriteStartObject();
                json.WriteString("version", version.Name);
                json.WriteString("loaded", version.Loaded);
                json.WriteString("package", package.Name);
                json.WriteNumber("members", package.Members.Count);
                json.WriteString("weights", package.Weights.ToString().ToLowerInvariant());
                json.WriteString("training_data", package.TrainingData);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteStartObject("labels");
        foreach (var (label, version) in state.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            json.WriteString(label, version);
        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, string name, string type)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", type);
        json.WriteStartArray("shape");
        json.WriteNumberValue(-1);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IEnumerable<string> names)
    {
        json.WriteStartArray(name);
        foreach (var one in names)
            json.WriteStringValue(one);
        json.WriteEndArray();
    }
}
