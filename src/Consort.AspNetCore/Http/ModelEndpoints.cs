using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Consort.AspNetCore.Inference;
using Consort.AspNetCore.Options;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Http;

/// <summary>What is served: metadata, versions and labels, and changes of them.</summary>
internal sealed class ModelEndpoints(ModelRegistry registry, RequestGate gate, Limits limits, ConsortOptions options) : IDisposable
{
    private readonly SemaphoreSlim _reloading = new(1, 1);

    public void Dispose() => _reloading.Dispose();

    public Task Server(HttpContext context) =>
        Answers.Send(context.Response, new JsonObject
        {
            ["name"] = Product.Name,
            ["version"] = Product.Version,
            ["extensions"] = new JsonArray("binary_tensor_data")
        });

    /// <summary>The protocol's metadata of a model.</summary>
    public Task Metadata(HttpContext context)
    {
        var (name, wanted) = ScoreEndpoints.Named(context);
        var model = registry.Find(name);
        using var lease = model.Lease(wanted);
        var fields = lease.Version.Fields;
        return Answers.Send(context.Response, new JsonObject
        {
            ["name"] = model.Name,
            ["versions"] = Texts(wanted is null ? model.State.Versions.Select(v => v.Name) : [lease.Version.Name]),
            ["platform"] = Product.Platform,
            ["inputs"] = new JsonArray([.. fields.Names.Select((field, i) => Tensor(field, TensorInput.TypeOf(fields.Kinds[i])))]),
            ["outputs"] = new JsonArray(Tensor(InferRequest.Output, "FP32")),
        });

        static JsonObject Tensor(string name, string type) => new() { ["name"] = name, ["datatype"] = type, ["shape"] = new JsonArray(-1) };
    }

    /// <summary>Whether a version can be used.</summary>
    public Task Ready(HttpContext context)
    {
        var (name, wanted) = ScoreEndpoints.Named(context);
        using var lease = registry.Take(name, wanted);
        return Answers.Send(context.Response,
            new JsonObject { ["name"] = lease.Version.Model, ["version"] = lease.Version.Name, ["ready"] = true });
    }

    /// <summary>All models with their versions and labels.</summary>
    public Task List(HttpContext context) =>
        Answers.Send(context.Response, new JsonObject { ["models"] = new JsonArray([.. registry.Models.Select(Describe)]) });

    /// <summary>A model with its versions and labels and the fields that it reads.</summary>
    public Task One(HttpContext context)
    {
        var model = registry.Find(ScoreEndpoints.Named(context).Model);
        using var lease = model.Lease(null);
        var described = Describe(model);
        described["fields"] = FieldDescription.All(lease.Version.Fields, lease.Scorer.Encoder, options.Examples);
        return Answers.Send(context.Response, described);
    }

    /// <summary>
    /// Looks at the packages of a model again, or at one: <c>{"version": "4"}</c>. Names of files are never taken from a request.
    /// </summary>
    public async Task Reload(HttpContext context)
    {
        var model = registry.Find(ScoreEndpoints.Named(context).Model);
        var wanted = await Version(context.Request);
        if (wanted is not null && !ModelSource.IsName(wanted))
            throw new RequestException(400, $"version {RequestException.Show(wanted)}: {ModelSource.Expected}");
        // Loading reads the whole package; the requests that are scored meanwhile keep their threads. One at a time: many who ask at once
        // would each hold a thread and wait for the same.
        if (!await _reloading.WaitAsync(limits.Timeout, context.RequestAborted))
            throw RequestException.Reloading();
        ReloadResult result;
        try
        {
            result = await Task.Factory.StartNew(() => registry.Reload(model, wanted), CancellationToken.None,
                TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _reloading.Release();
        }

        // Where packages lie on the server is nobody's business beyond it.
        if (result.Failed.Count > 0)
            throw new RequestException(422,
                $"nothing was replaced for {string.Join("; ", result.Failed.Select(f => $"{f.Key}: {FileName(f.Value)}"))}");
        await Answers.Send(context.Response, new JsonObject
        {
            ["model"] = model.Name,
            ["loaded"] = Texts(result.Loaded),
            ["removed"] = Texts(result.Removed),
            ["versions"] = Texts(model.State.Versions.Select(v => v.Name)),
        });

        string FileName(string mistake) =>
            mistake.Replace(Path.GetDirectoryName(Path.GetFullPath(model.SourcePath)) + Path.DirectorySeparatorChar, "",
                StringComparison.Ordinal);
    }

    /// <summary>Lets a label stand for a version: <c>{"version": "4"}</c>.</summary>
    public async Task SetLabel(HttpContext context)
    {
        var (name, label) = ScoreEndpoints.Named(context);
        var model = registry.Find(name);
        var version = await Version(context.Request) ?? throw new RequestException(400, "found no version, expected {\"version\": \"…\"}");
        model.SetLabel(label!, version);
        await Answers.Send(context.Response, Describe(model));
    }

    /// <summary>Takes a label away.</summary>
    public Task DeleteLabel(HttpContext context)
    {
        var (name, label) = ScoreEndpoints.Named(context);
        var model = registry.Find(name);
        model.SetLabel(label!, null);
        return Answers.Send(context.Response, Describe(model));
    }

    // Of a body that says no more than a version, or nothing at all.
    private async Task<string?> Version(HttpRequest request)
    {
        var buffers = gate.Rent();
        try
        {
            await JsonBody.Read(request, buffers, limits);
            return buffers.BodyLength == 0 ? null : Version(buffers.Body.Span);
        }
        finally
        {
            gate.Return(buffers);
        }
    }

    private string? Version(ReadOnlySpan<byte> body)
    {
        var places = new JsonPlace[1];
        JsonParts.FindAll(body, ["version"], places, "an object", limits);
        if (!places[0].IsThere)
            return null;
        var value = places[0].Of(body);
        return value[0] == '-' || char.IsAsciiDigit((char)value[0])
            ? throw new RequestException(400,
                $"version: found a number, expected a string: \"{Encoding.UTF8.GetString(value[..Math.Min(value.Length, 60)])}\" in quotes")
            : InferRequest.Text(value, "version", limits.Value, limits);
    }

    private static JsonObject Describe(ServedModel model)
    {
        var (versions, labels) = (new JsonArray(), new JsonObject());
        foreach (var version in model.State.Versions)
        {
            if (!version.TryLease(out var lease))
                continue;
            using (lease)
            {
                var package = lease.Scorer.Package;
                versions.Add((JsonNode)new JsonObject
                {
                    ["version"] = version.Name,
                    ["loaded"] = version.Loaded,
                    ["package"] = package.Name,
                    ["members"] = package.Members.Count,
                    ["weights"] = package.Weights.ToString().ToLowerInvariant(),
                    ["training_data"] = package.TrainingData,
                    ["calibration"] = package.Calibration.Kind.ToString().ToLowerInvariant(),
                    ["card"] = package.Card is { ValueKind: JsonValueKind.Object } card ? JsonObject.Create(card) : null,
                });
            }
        }

        foreach (var (label, version) in model.State.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            labels[label] = version;
        return new JsonObject { ["name"] = model.Name, ["versions"] = versions, ["labels"] = labels };
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
