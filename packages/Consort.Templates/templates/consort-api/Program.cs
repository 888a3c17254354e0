using Consort.AspNetCore;
using Consort.AspNetCore.Options;

// appsettings.json says which packages are served; "consort pack" or the trainer writes them.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddConsort(builder.Configuration.GetSection(ConsortOptions.Section));

var app = builder.Build();
app.MapConsort(); // a page at /, rows at /v1/score, the Open Inference Protocol at /v2 and over gRPC, /metrics
app.Run();
