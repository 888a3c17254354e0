using System.Text.RegularExpressions;

namespace Consort.Data.Profiles;

/// <summary>What the words in a column's name say of it.</summary>
internal static partial class ColumnWords
{
    // The widest first: rows of a user are those of several sessions.
    private static readonly string[] Users =
    [
        "user", "uid", "customer", "member", "visitor", "client", "account", "subscriber", "reader", "player", "person", "household",
        "cookie", "session"
    ];

    // The best first: who has both, clicks and conversions, most likely asks for clicks.
    private static readonly string[] Labels =
    [
        "click", "clicked", "isclick", "isclicked", "clk", "label", "target", "y", "class", "outcome", "response", "responded",
        "conversion", "converted", "isconversion", "isconverted", "purchase", "purchased", "buy", "bought", "install", "installed",
        "subscribed", "churn", "churned", "income", "islabel", "istarget"
    ];

    private static readonly HashSet<string> Ids =
    [
        "id", "ids", "uid", "uuid", "guid", "key", "code", "hash", "token", "user", "member", "visitor", "customer", "client", "item",
        "product", "sku", "article", "movie", "film", "song", "ad", "ads", "adgroup", "campaign", "creative", "advertiser", "publisher",
        "banner", "site", "domain", "app", "page", "slot", "device", "os", "browser", "model", "brand", "zip", "zipcode", "postcode",
        "postal", "city", "country", "region", "state", "language", "category", "cat", "cate", "class", "type", "kind", "group",
        "segment", "cluster", "version", "channel", "network", "carrier", "position", "pos", "weekday", "hour", "day", "month"
    ];

    private static readonly HashSet<string> Numbers =
    [
        "age", "price", "count", "cnt", "num", "amount", "cost", "score", "rating", "rate", "ctr", "duration", "length", "len", "size",
        "width", "height", "hours", "minutes", "seconds", "days", "gain", "loss", "balance", "salary", "revenue", "views", "clicks",
        "impressions", "visits", "distance", "lat", "lon", "lng", "latitude", "longitude", "avg", "average", "mean", "sum", "total",
        "std", "ratio", "pct", "percent", "percentage", "temperature", "bid", "budget", "spend", "quantity", "qty", "frequency",
        "recency", "stars", "discount", "stock", "rank", "weight", "share"
    ];

    private static readonly HashSet<string> Times =
    [
        "time", "timestamp", "date", "datetime", "ts", "at", "when", "created", "updated", "hour", "day", "registered", "registration",
        "since", "birthday", "epoch"
    ];

    private static readonly HashSet<string> Histories =
    [
        "history", "hist", "seq", "sequence", "recent", "recently", "viewed", "visited", "watched", "last", "previous", "past",
        "session", "path", "clicks", "behavior", "behaviour"
    ];

    /// <summary>How well a name says that the column is the click, 0 the best; −1 where it does not.</summary>
    public static int LabelRank(string name) => Array.IndexOf(Labels, NotWord().Replace(name, "").ToLowerInvariant());

    public static bool IsLabel(string name) => LabelRank(name) >= 0;

    /// <summary>How well a name says that the column is who looked, 0 the best; −1 where it does not.</summary>
    public static int UserRank(string name) => Words(name).Select(w => Array.IndexOf(Users, w)).DefaultIfEmpty(-1).Max();

    public static bool IsTime(string name) => Words(name).Any(Times.Contains);

    public static bool IsHistory(string name) => Words(name).Any(Histories.Contains);

    // A weight alone may be that of a parcel.
    public static bool IsWeight(string name) =>
        NotWord().Replace(name, "").ToLowerInvariant() is "sampleweight" or "rowweight" or "importanceweight" or "instanceweight";

    /// <summary>Whether it may be the weight of a row, or of a parcel.</summary>
    public static bool MayBeWeight(string name) => NotWord().Replace(name, "").ToLowerInvariant() is "weight" or "weights" or "w";

    public static bool IsId(string name) => Says(name, Ids, Numbers);

    public static bool IsNumber(string name) => Says(name, Numbers, Ids);

    // What stands last says what it is: an item_count is a number, a price_id none.
    private static bool Says(string name, HashSet<string> these, HashSet<string> those)
    {
        var words = Words(name);
        if (words.Length == 0) return false;
        if (these.Contains(words[^1])) return true;
        return !those.Contains(words[^1]) && words.Any(these.Contains) && !words.Any(those.Contains);
    }

    private static string[] Words(string name) =>
        [.. NotWord().Split(Hump().Replace(name, "$1 $2")).Where(w => w.Length > 0).Select(w => w.ToLowerInvariant())];

    [GeneratedRegex("[^A-Za-z]+")]
    private static partial Regex NotWord();

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex Hump();
}
