using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;

namespace Consort.Studies.Diagnostics;

/// <summary>Diagnoses as JSON.</summary>
public static class DiagnosisFile
{
    /// <summary>The file's name in a run folder.</summary>
    public const string Name = "diagnosis.json";

    /// <summary>Keys in snake case, words for enumerations, a list of numbers on one line.</summary>
    public static JsonSerializerOptions Options { get; } = JsonNumbers.In(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new NumberLine() },
    });

    // What is read must be whole; what is written is.
    private static JsonSerializerOptions Strict { get; } = MakeStrict();

    /// <summary>The JSON text of anything in a diagnosis.</summary>
    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>Reads the diagnosis of a run.</summary>
    /// <param name="folder">The run folder.</param>
    /// <returns>The diagnosis, or null where there is none.</returns>
    /// <exception cref="ConsortException">The file is damaged or of another version.</exception>
    public static Diagnosis? Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
            return null;
        ConsortException Damaged(string what) => new($"{path}: found a damaged diagnosis: {what}; make it again with `consort diagnose`");
        var version = JsonText.Read(path, Damaged, root => root["version"].Whole());
        if (version != 1)
            throw new ConsortException($"{path}: found version {version}, expected 1; make it again with `consort diagnose`");
        var diagnosis = JsonText.Read(path, Damaged, (JsonTypeInfo<Diagnosis>)Strict.GetTypeInfo(typeof(Diagnosis)), isNullItemFine: true);
        return Mistake(diagnosis) is { } mistake ? throw Damaged(mistake) : diagnosis;
    }

    private static string? Mistake(Diagnosis diagnosis)
    {
        if (diagnosis.Members.Count == 0)
            return "members is empty, expected at least one";
        if (diagnosis.Members.Contains(null!) || diagnosis.Agreements.Contains(null!) || diagnosis.SharedLayers.Contains(null!)
            || diagnosis.Strategies.Contains(null!))
            return "an item of members, agreements, shared_layers or strategies is null, expected a value";
        return diagnosis.Members.Any(m => m.Layers.Contains(null!) || m.LastLayers.Contains(null!))
            ? "a layer of members is null, expected a value" : null;
    }

    /// <summary>Writes text, whole or not at all.</summary>
    internal static void Write(string path, string text) => SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    private static JsonSerializerOptions MakeStrict()
    {
        var options = new JsonSerializerOptions(Options) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    // Spectra are long: eight digits are more than float32 weights have.
    private sealed class NumberLine : JsonConverter<IReadOnlyList<double>>
    {
        public override IReadOnlyList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var values = new List<double>();
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new JsonException("expected a list of numbers");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                values.Add(JsonNumbers.Read(ref reader));
            return values;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options) =>
            writer.WriteRawValue(
            $"[{string.Join(", ", value.Select(v => double.IsFinite(v) ? v.ToString("G8", CultureInfo.InvariantCulture) : "null"))}]");
    }
}
