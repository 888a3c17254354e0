using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;

namespace Consort.Experiments.Running;

/// <summary>
/// Records kept as JSON for people and for the program: indented, keys in snake case, null for a number that is not finite. What lacks a
/// required value, or has null for one, is damaged.
/// </summary>
internal static class JsonRecord
{
    private static readonly JsonSerializerOptions Json = MakeJson();

    /// <summary>Reads one; null where there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Makes the error, given what is wrong.</param>
    /// <exception cref="ConsortException">The file is unreadable or damaged.</exception>
    public static T? Find<T>(string path, Func<string, ConsortException> damaged) where T : class =>
        !File.Exists(path) ? null : JsonText.Read(path, damaged, (JsonTypeInfo<T>)Json.GetTypeInfo(typeof(T)));

    /// <summary>Writes one, whole or not at all.</summary>
    public static void Write<T>(string path, T record) =>
        SafeFile.Write(path, stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(record, Json)));

    private static JsonSerializerOptions MakeJson()
    {
        var options = JsonNumbers.In(new JsonSerializerOptions
        {
            WriteIndented = true,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        });
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
