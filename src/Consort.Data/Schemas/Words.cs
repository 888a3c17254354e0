using System.Text.Json;

namespace Consort.Data.Schemas;

/// <summary>The words by which texts name the values of an enum: <c>log2_buckets</c> of Log2Buckets.</summary>
internal static class Words
{
    /// <summary>The word of a value.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>All words of an enum, in its order, with what they mean.</summary>
    public static Dictionary<string, T> All<T>() where T : struct, Enum => Enum.GetValues<T>().ToDictionary(Of);
}
